internal import Engine
internal import HTTPTypes
internal import Hummingbird
internal import Model
internal import NIOCore
internal import NIOHTTP1

/// Makes responses of values and of errors.
enum Reply {
    /// `value` as JSON.
    static func json(_ value: JSONValue, status: HTTPResponse.Status = .ok) -> Response {
        response(value, status: status, type: "application/json")
    }

    /// `problem` as `application/problem+json` (RFC 9457).
    static func problem(_ problem: Problem) -> Response {
        var json = problem.json
        if let id = RequestID.current, case .object(var object) = json {
            object["request_id"] = .string(id)
            json = .object(object)
        }
        var response = response(
            json, status: HTTPResponse.Status(code: problem.status), type: "application/problem+json")
        if problem.isRetryable { response.headers[.retryAfter] = "1" }
        return response
    }

    /// The refusal of a method that is not among those `allowed`.
    static func methodNotAllowed(_ method: HTTPRequest.Method, allowed: [HTTPRequest.Method]) -> Response {
        let list = allowed.map(\.rawValue).joined(separator: ", ")
        var response = problem(
            Problem(
                status: 405, title: "Method not allowed", detail: "\(method.rawValue) is not answered here; use \(list)"
            ))
        response.headers[.allow] = list
        return response
    }

    private static func response(_ value: JSONValue, status: HTTPResponse.Status, type: String) -> Response {
        let bytes = ByteBuffer(bytes: JSONWriter.bytes(value))
        return Response(status: status, headers: [.contentType: type], body: ResponseBody(byteBuffer: bytes))
    }
}

extension EngineError.Code {
    /// The limit of a user that this is about.
    fileprivate var limit: UserLimits.Name? {
        switch self {
        case .limitReached(let limit), .overLimit(let limit): limit
        default: nil
        }
    }
}

extension Problem {
    /// Whether the same request may do in a moment.
    var isRetryable: Bool { status == 503 || status == 429 }

    /// The problem that `error` is to a client; what nobody foresaw is an internal one, told without its insides.
    init(_ error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let error as EngineError: self.init(error)
        case is RequestBrokenOff, is HTTPParserError:
            self.init(status: 400, title: "Bad request", detail: "the request broke off")
        case let error as NIOTooManyBytesError:
            self.init(
                status: 413, title: "Body too large",
                detail:
                    "the body of this request may have at most \(error.maxBytes ?? ConnectionContext.maximumBody) bytes"
            )
        case let error as HTTPError:
            self.init(status: error.status.code, title: error.status.reasonPhrase, detail: error.body ?? "")
        default:
            if let error = EngineError(error) {
                self.init(error)
            } else {
                self.init(status: 500, title: "Internal error", detail: "the daemon failed; its log says why")
            }
        }
    }

    private init(_ error: EngineError) {
        let (status, title) =
            switch error.code {
            case .invalidInput: (400, "Invalid request")
            case .unknownTask: (404, "No such task")
            case .wrongState: (409, "Wrong state")
            case .stopping: (503, Problem.stoppingTitle)
            case .busy: (503, "Busy")
            case .limitReached: (429, "Limit reached")
            case .overLimit: (413, "Over the limit")
            case .storageFull: (503, "Storage full")
            case .storage: (500, "Storage failed")
            }
        self.init(status: status, title: title, detail: error.message, limit: error.code.limit)
    }
}
