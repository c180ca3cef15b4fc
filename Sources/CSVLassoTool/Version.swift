/// The version that `--version` prints and model files carry.
let toolVersion = "0.1.0"
