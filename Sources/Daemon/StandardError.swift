internal import Glibc

/// The daemon's last words, for when there is no logger.
enum StandardError {
    static func write(_ text: String) {
        fputs(text, stderr)
    }
}
