/// The version of this build: the daemon, its client and what they answer when asked for it.
package enum Version {
    /// The version as semver.org writes it.
    package static let current = "0.1.0"
}
