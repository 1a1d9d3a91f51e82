/// What keeps a program that the daemon asks for an answer from outliving the daemon, and from its state.
package struct Leash: Sendable {
    /// The program `taskd-shim`, which starts the other; absolute.
    let shim: String
    /// The directory that is out of the program's reach where that can be done without breaking it; absolute, without
    /// symbolic links.
    let hidden: String

    /// A leash that the program `shim` holds, for programs that are to know nothing of `hidden`.
    package init(shim: String, hidden: String) {
        self.shim = shim
        self.hidden = hidden
    }
}
