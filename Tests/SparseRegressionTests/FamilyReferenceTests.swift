import Foundation
import Testing

@testable import SparseRegression

/// Paths and cross-validated errors of glmnet.
@Suite struct FamilyReferenceTests {
  @Test(arguments: FamilyCase.names)
  func pathEqualsGlmnet(name: String) throws {
    let reference = try FamilyCase(name)
    let fit = try PathFit(
      try reference.matrix(), reference.response(.deviance), plan: .leaveOneOut,
      terms: reference.predictors.indices.map { .number($0) }, reference.penalty,
      reference.options, threads: 2)
    let path = fit.path
    #expect(path.points.count == reference.path.count)
    #expect(path.worstGap!.gap <= 1e-9)
    #expect(fit.crossValidation!.worstGap.gap <= 1e-9)
    for (step, point) in path.points.enumerated() {
      // glmnet solves the first λ of its own grid at an infinite one.
      #expect(abs(point.devianceRatio - max(0, reference.path["dev_ratio"][step])) < 1e-6)
      for response in 0..<path.family.responses {
        let (intercept, columns) = reference.names(response)
        let found = path.dense(step, response: response)
        for (j, column) in columns.enumerated() {
          let (a, b) = (
            found[j] * path.design.scale[j], reference.path[column][step] * path.design.scale[j]
          )
          #expect(isClose(a, b, 1e-6), "\(name) step \(step) \(column): \(a) \(b)")
        }
        if path.family != .cox {
          let (a, b) = (
            path.original(step, response: response).intercept, reference.path[intercept][step]
          )
          #expect(isClose(a, b, 1e-5), "\(name) step \(step) intercept: \(a) \(b)")
        }
      }
    }
  }

  @Test(arguments: FamilyCase.names)
  func crossValidationEqualsGlmnet(name: String) throws {
    let reference = try FamilyCase(name)
    for measure in reference.call.measures {
      let metric: Metric =
        measure.measure == "class" ? .error : measure.measure == "auc" ? .auc : .deviance
      let cv = try PathFit(
        try reference.matrix(), reference.response(metric), plan: .leaveOneOut,
        terms: reference.predictors.indices.map { .number($0) }, reference.penalty,
        reference.options, threads: 2
      ).crossValidation!
      let table = try reference.measured(measure)
      for step in 0..<table.count {
        let mean = metric == .auc ? 1 - table["cvm"][step] : table["cvm"][step]
        #expect(isClose(cv.mean[step], mean, 1e-6), "\(name) \(measure.measure) \(step)")
        #expect(isClose(cv.standardError[step], table["cvsd"][step], 1e-6))
      }
      #expect(isClose(table["lambda"][cv.minimum], measure.lambdaMin, 1e-12))
      #expect(
        isClose(table["lambda"][cv.oneStandardError], measure.lambdaOneStandardError, 1e-12))
    }
  }
}
