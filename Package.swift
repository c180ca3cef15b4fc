// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("ExistentialAny"),
  .strictMemorySafety(),
]

// Imports run one way: CSVLassoTool → CSVLasso → { CSVRecords → CLibCSV, CZlib, CZstd, CSystem, CNumbers, CTraps;
// SparseRegression → COpenBLAS, CProducts, CLosses; both → CThreads }. The two libraries meet only in CSVLasso.
// CStart is for programs.
let package = Package(
  name: "csvlasso",
  platforms: [.macOS(.v26)],
  products: [
    .executable(name: "csvlasso", targets: ["CSVLassoTool"]),
    .library(name: "CSVLasso", targets: ["CSVLasso", "CSVRecords"]),
    .library(name: "SparseRegression", targets: ["SparseRegression"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-numerics", from: "1.1.0"),
  ],
  targets: [
    .systemLibrary(
      name: "CLibCSV", providers: [.apt(["libcsv-dev"]), .brew(["libcsv"])]),
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas",
      providers: [.apt(["libopenblas-serial-dev"]), .brew(["openblas"])]),
    .systemLibrary(
      name: "CZlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .systemLibrary(
      name: "CZstd", providers: [.apt(["libzstd-dev"]), .brew(["zstd"])]),
    .systemLibrary(name: "CSystem"),
    .target(name: "CNumbers"),
    .target(name: "CThreads"),
    .target(name: "CTraps"),
    .target(name: "CStart"),
    .target(
      name: "CSVRecords",
      dependencies: ["CLibCSV", "CZlib", "CZstd", "CSystem", "CNumbers", "CThreads", "CTraps"],
      swiftSettings: strict),
    .target(name: "CProducts"),
    .target(name: "CLosses"),
    .target(
      name: "SparseRegression",
      dependencies: [
        "COpenBLAS", "CProducts", "CLosses", "CThreads",
        .product(name: "RealModule", package: "swift-numerics"),
      ],
      swiftSettings: strict),
    .target(
      name: "CSVLasso",
      dependencies: [
        "CSVRecords", "SparseRegression", .product(name: "RealModule", package: "swift-numerics"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "CSVLassoTool",
      dependencies: [
        "CSVLasso", "CSVRecords", "SparseRegression", "CStart", "CTraps",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
    // Not a product: `make bench-micro` runs it.
    .executableTarget(
      name: "MicroBenchmarks", dependencies: ["CSVRecords", "SparseRegression", "CStart"],
      path: "Benchmarks/Micro", swiftSettings: strict),
    .testTarget(name: "CSVRecordsTests", dependencies: ["CSVRecords", "CTraps"]),
    .testTarget(name: "SparseRegressionTests", dependencies: ["SparseRegression"]),
    .testTarget(
      name: "CSVLassoTests", dependencies: ["CSVLasso", "CSVRecords", "SparseRegression"]),
    // It runs the program of `make build`.
    .testTarget(name: "ToolTests"),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)

// `make sanitize` builds some targets alone.
if let parts = Context.environment["CSVLASSO_PARTS"]?.split(separator: " ").map(String.init) {
  package.products = []
  package.targets.removeAll { !parts.contains($0.name) }
}

// `make fuzz` builds these, with sanitizers and libFuzzer's main, which no product may have.
if Context.environment["CSVLASSO_FUZZ"] != nil {
  let wrapped = ["read", "write", "lseek", "fstat", "poll"].flatMap {
    ["-Xlinker", "--wrap=\($0)"]
  }
  func fuzzer(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
      name: "Fuzz\(name)", dependencies: ["CFuzz"] + dependencies, path: "Fuzz/\(name)",
      swiftSettings: Array(strict.dropLast()),  // as tests: `unsafe` is not demanded
      linkerSettings: [.unsafeFlags(["-use-ld=lld"] + wrapped)])
  }
  package.targets += [
    .target(name: "CFuzz", path: "Fuzz/C"),
    fuzzer("Reader", ["CSVRecords"]),
    fuzzer("Numbers", ["CSVRecords", "CNumbers"]),
    fuzzer("ModelFile", ["CSVLasso", "CSVRecords"]),
    fuzzer(
      "Tables",
      [
        "CSVLasso", "CSVRecords", "CStart", "SparseRegression",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
  ]
}
