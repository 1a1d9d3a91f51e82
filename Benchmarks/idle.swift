// A Swift program that waits for ever: what the runtime alone does while nothing happens. libdispatch looks at its worker
// threads once a second (its workqueue.c), in every program that has used Swift concurrency on Linux.
@main struct Idle {
    static func main() async {
        await Task {}.value
        let (stream, continuation) = AsyncStream<Void>.makeStream()
        for await _ in stream {}
        continuation.finish()
    }
}
