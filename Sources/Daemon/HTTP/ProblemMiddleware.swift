internal import Hummingbird
internal import Model

/// Turns the errors that Hummingbird would answer itself, with an empty body, into problems: a path that no route has,
/// a method that is not answered there, whatever it is called, and a body over the limit.
struct ProblemMiddleware: RouterMiddleware {
    typealias Context = ConnectionContext

    func handle(
        _ request: Request, context: ConnectionContext,
        next: (Request, ConnectionContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as any HTTPResponseError {
            let problem = Problem(error)
            guard problem.detail.isEmpty else { throw problem }
            let allowed = Routes.methods(at: request.uri.path)
            if problem.status == 404, !allowed.isEmpty {
                return Reply.methodNotAllowed(request.method, allowed: allowed)
            }
            throw Problem(
                status: problem.status, title: problem.title,
                detail: "\(request.method.rawValue) \(request.uri.path.shown) is not answered here")
        }
    }
}
