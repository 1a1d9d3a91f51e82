/// Names one registration of a done-callback, so that it can be taken back.
///
/// The same function registered twice has two tokens and is called twice.
public struct CallbackToken: Hashable, Sendable {
    let number: UInt64
}
