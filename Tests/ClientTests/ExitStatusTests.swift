import Model
import Testing

@testable import Client

struct ExitStatusTests {
    @Test(arguments: [
        (400, 64), (413, 64), (403, 77), (404, 4), (409, 1), (429, 75), (503, 75), (500, 70),
        (405, 70),
    ])
    func isDecidedByTheHTTPStatus(httpStatus: Int, expected: Int32) {
        #expect(ExitStatus(httpStatus: httpStatus).rawValue == expected)
    }

    @Test(
        arguments: [
            ([], 0), ([.succeeded], 0), ([.succeeded, .cancelled], 2), ([.cancelled, .failed], 1),
            ([.failed, .cancelled], 1),
        ] as [([TaskState], Int32)])
    func letsAFailureWeighMoreThanACancellation(states: [TaskState], expected: Int32) {
        #expect(ExitStatus(doneStates: states).rawValue == expected)
    }

    @Test(arguments: zip(TaskState.allCases, [3, 3, 3, 0, 1, 2] as [Int32]))
    func tellsTheStateOfOneTask(state: TaskState, expected: Int32) {
        #expect(ExitStatus(state: state).rawValue == expected)
    }
}
