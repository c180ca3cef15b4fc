internal import ArgumentParser
internal import CSVLasso
internal import CTraps

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The `csvlasso` command: flags become options, options become work, faults become one line and an exit
/// status.
@main
struct Main: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "csvlasso",
    abstract: "Keep the columns of a CSV that predict a target.",
    usage: """
      csvlasso [select] -y TARGET [options] [FILE]
      csvlasso [select] --time TIME --event EVENT [options] [FILE]
      csvlasso fit -y TARGET [options] [FILE]
      csvlasso path -y TARGET [options] [FILE]
      csvlasso apply MODEL [options] [FILE]
      csvlasso check [options] [FILE]
      """,
    discussion: """
      Reads a CSV, fits a lasso path that predicts one column from the others, chooses a lambda by \
      cross-validation, and writes the same CSV with only the columns whose coefficient is not zero. \
      Cells are copied as they stand.

        csvlasso -y price houses.csv > reduced.csv
        csvlasso --time days --event died trial.csv > reduced.csv
        zcat houses.csv.gz | csvlasso -y price --id id > reduced.csv
        csvlasso fit -y price houses.csv > model.json
        csvlasso apply model.json new.csv > reduced.csv

      Exit status: 0 done; 1 check --strict found problems; 64 wrong usage; 65 bad data; 66 no such input; 70 internal error; \
      71 memory too limited; 73 output cannot be created; 74 reading or writing failed.
      """,
    version: toolVersion,
    subcommands: [Select.self, FitModel.self, Apply.self, Path.self, CheckTable.self],
    defaultSubcommand: Select.self)

  static func main() {
    unsafe ctraps_install("version \(toolVersion)")
    // A parent may have left the signal ignored; a filter ends when nobody reads it.
    _ = signal(SIGPIPE, SIG_DFL)
    // A limit on the size of files is told like a full disk.
    _ = signal(SIGXFSZ, SIG_IGN)
    Terminal.occupyStandardDescriptors()
    do {
      var command = try command(Array(CommandLine.arguments.dropFirst()))
      try command.run()
    } catch let failure as Failure {
      Terminal.message(failure.message)
      Self.exit(withError: ExitCode(failure.kind.status))
    } catch let code as ExitCode {
      Self.exit(withError: code)
    } catch {
      // What nobody put in words.
      if Self.exitCode(for: error) == .failure {
        Terminal.message("internal error: \(error): please report it with the command")
        Self.exit(withError: ExitCode(70))
      }
      guard Self.exitCode(for: error) == .validationFailure else { Self.exit(withError: error) }
      // A list of words comes with a line for each.
      let text = String(Self.message(for: error).map { $0 == "\n" ? " " : $0 })
      Terminal.message(text + " (see csvlasso help select)")
      Self.exit(withError: ExitCode(Failure.Kind.usage.status))
    }
  }

  /// The command that the arguments are for.
  ///
  /// It is parsed by itself, for the tree of all commands takes longer to build than a small fit.
  /// What a command by itself does not take goes through the tree: help, the version and completions,
  /// and every fault, so that its message is the tree's. A single argument is mostly one of these.
  private static func command(_ arguments: [String]) throws -> any ParsableCommand {
    guard arguments.count > 1, arguments[0] != "help" else { return try parseAsRoot(arguments) }
    let named = configuration.subcommands.first { $0.configuration.commandName == arguments[0] }
    let command = try? named?.parse(Array(arguments.dropFirst())) ?? Select.parse(arguments)
    return try command ?? parseAsRoot(arguments)
  }
}

extension Failure.Kind {
  /// The exit status, after sysexits.
  var status: Int32 {
    switch self {
    case .usage: 64
    case .data: 65
    case .noInput: 66
    case .system: 71
    case .cannotCreate: 73
    case .io: 74
    }
  }
}
