import Foundation
import Testing

@testable import CSVLasso
@testable import CSVRecords
@testable import SparseRegression

/// Columns that are declared to be one group.
@Suite struct GroupOptionTests {
  private static func group(_ name: String, _ columns: String) -> Options.Group {
    Options.Group(name: name, columns: ColumnSelector(columns, option: "--group \(name)"))
  }

  private static func grouped(_ change: (inout Options) -> Void = { _ in }) -> Options {
    options {
      $0.groups = [group("dose", "dose,site,hours"), group("rest", "z1,z2")]
      change(&$0)
    }
  }

  /// Numbers, missing cells and text: `dose` and `site` matter, `hours` and the rest do not; `one` is 1.
  private static func table(order: [String]? = nil, unit: Double = 1) -> String {
    let names = ["dose", "z1", "site", "a", "hours", "z2", "one"]
    let order = order ?? names
    var random = SplitMix64(seed: 5, stream: 0)
    var text = order.joined(separator: ",") + ",y\n"
    for i in 0..<150 {
      let x = (0..<5).map { _ in Double(Int.random(in: -500...500, using: &random)) / 100 }
      let site = ["north", "south", "west"][i * 31 % 7 % 3]
      let y = x[0] * 2 + (site == "south" ? 4 : 0) + x[1] + x[4]
      let cells = [
        "dose": i % 11 == 3 ? "" : "\(x[0] * unit)", "z1": "\(x[2])", "site": site, "a": "\(x[1])",
        "hours": "\(i * 53 % 97)", "z2": "\(x[3])", "one": "1",
      ]
      text += order.map { cells[$0]! }.joined(separator: ",") + ",\((y * 1e3).rounded() / 1e3)\n"
    }
    return text
  }

  private static func fit(_ options: Options, _ text: String = table()) throws -> Fit {
    try withFile(text) { try fitFile($0, options) }
  }

  private static func selector(_ text: String, _ option: String) -> ColumnSelector {
    ColumnSelector(text, option: "--\(option)")
  }

  @Test func columnsOfAGroupAreKeptOrDroppedTogether() throws {
    for missing in [Options.Missing.mean, .indicator, .dropRow] {
      let fit = try Self.fit(Self.grouped { $0.missing = missing })
      let kept = Set(fit.keptLabels)
      #expect(kept.isSuperset(of: ["dose", "site", "hours", "a"]))
      #expect(kept.contains("z1") == kept.contains("z2"))
      // By themselves the idle column of the group is left out.
      let alone = try Self.fit(options { $0.missing = missing })
      #expect(!alone.keptLabels.contains("hours"))
    }
  }

  @Test func reportsSayWhatGroupAColumnIsIn() throws {
    let fit = try Self.fit(Self.grouped())
    let reports = Dictionary(uniqueKeysWithValues: fit.columnReports().map { ($0.label, $0) })
    #expect(reports["site"]!.group == "dose" && reports["z2"]!.group == "rest")
    #expect(reports["a"]!.group == nil)
    // The length of the group is that of each of its columns; coefficients are their own.
    #expect(
      reports["dose"]!.standardizedCoefficient == reports["hours"]!.standardizedCoefficient)
    #expect(reports["dose"]!.coefficient! > 1)
    #expect(abs(reports["hours"]!.coefficient!) < 0.1)
    #expect(reports["site"]!.levels.count == 3)
    #expect(
      reports["dose"]!.missing! > 0 && reports["dose"]!.entryStep == reports["site"]!.entryStep)
    let ledger = String(decoding: fit.ledger(), as: UTF8.self).split(separator: "\n")
    #expect(ledger[0].hasSuffix(",warning,group,gamma,understudies,understudy_correlations"))
    #expect(ledger[3].hasPrefix("3,site,candidate,kept,") && ledger[3].hasSuffix(",dose,1,,"))
    let model = String(decoding: Model.json(fit, tool: "test"), as: UTF8.self)
    #expect(model.contains("\"dose\": [\"dose\", \"site\", \"hours\"]"))
    #expect(model.contains("\"site=south\""))
    let path = String(decoding: fit.pathTable(), as: UTF8.self)
    #expect(path.contains("dose;site;hours"))
    // What nobody groups stays as it was.
    let plain = try Self.fit(options())
    #expect(String(decoding: plain.ledger(), as: UTF8.self).contains(",missing,warning,gamma,"))
  }

  /// The model says what the fit says: intercept and coefficients give its predictions.
  @Test func aConstantColumnStaysWithItsGroup() throws {
    let fit = try Self.fit(options { $0.groups = [Self.group("g", "dose,one")] })
    let one = fit.columnReports().first { $0.label == "one" }!
    #expect(one.isKept && one.reason == "holds a single value, kept with its group")
    #expect(one.coefficient == 0)
  }

  @Test func unitsAndOrderChangeNothing() throws {
    let a = try Self.fit(Self.grouped())
    let other = Self.table(
      order: ["one", "z2", "hours", "site", "a", "z1", "dose"], unit: 1e4)
    for engine in [Options.Engine.moments, .columns] {
      for threads in [1, 3] {
        let b = try Self.fit(
          Self.grouped {
            $0.engine = engine
            $0.threads = threads
          }, other)
        #expect(Set(a.keptLabels) == Set(b.keptLabels))
        #expect(a.selection.step == b.selection.step)
        for (x, y) in zip(a.crossValidation!.mean, b.crossValidation!.mean) {
          #expect(abs(x - y) <= 1e-8 * x)
        }
      }
    }
  }

  @Test func otherFamiliesTakeGroups() throws {
    let lines = Self.table().split(separator: "\n")
    let text =
      lines.enumerated().map { place, line in
        guard place > 0 else { return String(line) }
        let comma = line.lastIndex(of: ",")!
        return line[...comma] + (Double(line[line.index(after: comma)...])! > 1 ? "yes" : "no")
      }.joined(separator: "\n") + "\n"
    let fit = try Self.fit(Self.grouped(), text)
    #expect(fit.path.family == .binomial)
    #expect(Set(fit.keptLabels).isSuperset(of: ["dose", "site", "hours", "a"]))
    #expect(fit.path.worstGap!.gap <= 1e-7)
  }

  @Test func zScoresOfAGroupAreThoseOfItsColumns() throws {
    let standardized = { (options: inout Options) in options.standardizesOutput = true }
    let grouped = try reduceText(Self.table(), Self.grouped(standardized))
    let alone = try reduceText(
      Self.table(),
      options {
        $0.factors = [.init(columns: Self.selector("1-6", "penalty"), value: 0)]
        standardized(&$0)
      })
    func column(_ name: String, _ text: String) -> [Substring] {
      let lines = text.split(separator: "\n").map {
        $0.split(separator: ",", omittingEmptySubsequences: false)
      }
      let place = lines[0].firstIndex(of: name[...])!
      return lines.map { $0[place] }
    }
    for name in ["dose", "hours", "site"] { #expect(column(name, grouped) == column(name, alone)) }
  }

  @Test func whatAGroupCannotHoldIsRefused() throws {
    let cases: [(String, (inout Options) -> Void)] = [
      (
        "--group g names 'y', which is no candidate: it is the target",
        { $0.groups = [Self.group("g", "a,y")] }
      ),
      (
        "--group g names 'a', which is no candidate: --id copies it and never fits it",
        {
          $0.groups = [Self.group("g", "a,z1")]
          $0.ids = [Self.selector("a", "id")]
        }
      ),
      (
        "--group g names 'a', which is no candidate: --keep has it always in, without a penalty",
        {
          $0.groups = [Self.group("g", "a,z1")]
          $0.keep = [Self.selector("a", "keep")]
        }
      ),
      (
        "'z1' is in --group g and in --group h",
        { $0.groups = [Self.group("g", "a,z1"), Self.group("h", "z1,z2")] }
      ),
      (
        "--group g is given twice; one SEL takes all columns of a group",
        { $0.groups = [Self.group("g", "a"), Self.group("g", "z2")] }
      ),
      (
        "--group g names 'z9', which is no column (did you mean 'z1'?)",
        { $0.groups = [Self.group("g", "a,z9")] }
      ),
      (
        "'a' is named by --positive or --negative, but it is in --group g, and a group has no sign",
        {
          $0.groups = [Self.group("g", "a,z1")]
          $0.nonnegative = [Self.selector("a", "positive")]
        }
      ),
      (
        "--penalty gives 'z1' and 'a' different factors, but --group g has one for all its columns",
        {
          $0.groups = [Self.group("g", "a,z1")]
          $0.factors = [.init(columns: Self.selector("a", "penalty"), value: 2)]
        }
      ),
    ]
    for (message, change) in cases {
      #expect(throws: Failure(.usage, message)) {
        try Self.fit(options("y", change))
      }
    }
    do {
      _ = try Self.fit(
        options {
          $0.groups = [Self.group("g", "a,site")]
          $0.maxLevels = 2
        })
      Issue.record("no failure")
    } catch let failure as Failure {
      #expect(
        failure.kind == .data && failure.message.contains("column 'site' of --group g is text"))
    }
  }

  /// Factors of a group multiply its √m.
  @Test func aFactorIsThatOfTheGroup() throws {
    let fit = try Self.fit(
      Self.grouped {
        $0.factors = [.init(columns: Self.selector("dose,site,hours", "penalty"), value: 0)]
      })
    #expect(fit.columnReports().first { $0.label == "site" }!.entryStep == 1)
  }
}
