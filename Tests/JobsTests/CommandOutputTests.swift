import Glibc
import Jobs
import Model
import Testing

extension CommandTests {
    struct OutputTests {
        /// Opened without care, they would be waited for.
        @Test(arguments: ["stdout", "stderr", "identity", "exit"])
        func filesThatBecameFIFOsHoldNobodyUp(name: String) async throws {
            try await withCommandBench { bench in
                let file = "\(bench.attempt().path)/\(name)"
                let report = await bench.runCancelled(
                    try bench.shell("rm -f \(file); mkfifo \(file); echo 1 cancel >&3; exec sleep 1000"))
                #expect(report.outcome.state != .succeeded)
                #expect(bench.survivors() == [])
            }
        }

        @Test func aResultShowsTheLast64KiB() async throws {
            try await withCommandBench { bench in
                // Three bytes a character: 65536 is no multiple, so the first one shown whole starts two bytes later.
                let report = try await bench.run(#"{"shell": "yes € | head -c 400000 | tr -d '\\n'"}"#)
                let shown = try #require(report.outcome.stdout)
                #expect(shown.utf8.count <= 65_536 && shown.utf8.count > 65_530)
                #expect(shown.hasPrefix("€€€"))
                #expect(report.detail?["stdout_bytes"]?.intValue == 300_000)
            }
        }

        @Test func whatIsNotUTF8IsShownAllTheSame() async throws {
            try await withCommandBench { bench in
                let report = try await bench.run(#"{"shell": "printf 'a\\377b'"}"#)
                #expect(report.outcome.stdout == "a\u{FFFD}b")
            }
        }

        @Test func anExceptionShowsTheLast16KiBOfErrors() async throws {
            try await withCommandBench { bench in
                let report = try await bench.run(#"{"shell": "yes | head -c 100000 >&2; exit 1"}"#)
                #expect(report.outcome.exception?.details["stderr"]?.stringValue?.utf8.count == 16_384)
                #expect(report.detail?["stderr_bytes"] == 100_000)
            }
        }

        @Test func aFloodKeepsItsHeadAndItsTail() async throws {
            try await withCommandBench(outputLimit: 1 << 20) { bench in
                let report = try await bench.run(#"{"shell": "seq 1 3000000; echo 3000001 >&2"}"#)
                let file = OutputFile(path: bench.attempt().stdout)
                let size = Int64(22_888_896)
                #expect(report.detail?["stdout_bytes"]?.intValue == size)
                #expect(file.size == size)
                #expect(try #require(report.outcome.stdout).hasSuffix("2999999\n3000000\n"))

                var status = stat()
                lstat(bench.attempt().stdout, &status)
                #expect(Int64(status.st_blocks) * 512 <= (1 << 20) + (1 << 18))

                let pieces = Self.pieces(of: file)
                try #require(pieces.count == 3)
                guard case .bytes(let head) = pieces[0], case .dropped(let count) = pieces[1],
                    case .bytes(let tail) = pieces[2]
                else { return #expect(Bool(false), "\(pieces.count) pieces in another order") }
                #expect(head.starts(with: Array("1\n2\n3\n".utf8)) && head.count >= 1 << 19)
                #expect(tail.suffix(8).elementsEqual(Array("3000000\n".utf8)) && tail.count >= 1 << 19)
                #expect(Int64(head.count) + count + Int64(tail.count) == size)
            }
        }

        @Test func aFloodAfterATruncationIsCutAgain() async throws {
            try await withCommandBench(outputLimit: 1 << 20) { bench in
                let script = """
                    seq 1 3000000
                    until [ $(stat -Lc %b /proc/$$/fd/1) -lt 2560 ]; do :; done
                    truncate -s 0 /proc/$$/fd/1; seq 1 3000000
                    """
                let report = try await bench.shell(script).run(bench.context())
                #expect(report.detail?["stdout_bytes"]?.intValue == 22_888_896)
                var status = stat()
                lstat(bench.attempt().stdout, &status)
                #expect(Int64(status.st_blocks) * 512 <= (1 << 20) + (1 << 18))
            }
        }

        @Test func whatWasNeverWrittenIsNotRead() async throws {
            try await withCommandBench { bench in
                _ = try await bench.run(#"{"shell": "printf 0123; truncate -s 1T /proc/self/fd/1"}"#)
                let pieces = Self.pieces(of: OutputFile(path: bench.attempt().stdout))
                // The rest of a block that was written is there.
                guard pieces.count == 2, case .bytes(let written) = pieces[0], case .dropped(let count) = pieces[1]
                else {
                    return #expect(Bool(false), "\(pieces.count) pieces in another order")
                }
                #expect(written.starts(with: Array("0123".utf8)) && Int64(written.count) + count == 1 << 40)
            }
        }

        @Test(arguments: [
            ("a\\nb\\nc\\n", 2, 2), ("a\\nb\\nc", 2, 2), ("a\\nb\\n", 5, 0), ("a\\n", 0, 2), ("\\n\\n\\n", 2, 1),
            ("abc", 1, 0), ("%0100000d\\nx\\n", 2, 0), ("%0100000d\\nx\\n", 1, 100_001),
            ("%065535d\\n%065535d\\n", 1, 65_536),
        ])
        func knowsWhereItsLastLinesBegin(format: String, lines: Int, offset: Int64) async throws {
            try await withCommandBench { bench in
                let job: JSONValue = ["command": ["printf", .string(format)]]
                _ = try await bench.run(job.text())
                let file = OutputFile(path: bench.attempt().stdout)
                #expect(await file.offset(ofLastLines: lines) == offset)
            }
        }

        @Test(arguments: [1 << 20, 1 << 40])
        func lastLinesReachBeyondWhatWasLost(size: Int) async throws {
            try await withCommandBench { bench in
                _ = try await bench.run(
                    "{\"shell\": \"printf '1\\\\n2\\\\n'; truncate -s \(size) /proc/self/fd/1; printf '3\\\\n4\\\\n'\"}"
                )
                let file = OutputFile(path: bench.attempt().stdout)
                #expect(await file.offset(ofLastLines: 1) == Int64(size) + 2)
                #expect(await file.offset(ofLastLines: 3) == 2)
                #expect(await file.offset(ofLastLines: 9) == 0)
            }
        }

        @Test func aPieceIsNeverLongerThanAskedFor() async throws {
            try await withCommandBench { bench in
                _ = try await bench.run(#"{"shell": "printf 0123456789"}"#)
                let file = OutputFile(path: bench.attempt().stdout)
                #expect(file.piece(at: 3, limit: 4) == .bytes(Array("3456".utf8)))
                #expect(file.piece(at: 8, limit: 4) == .bytes(Array("89".utf8)))
                #expect(file.piece(at: 10, limit: 4) == .end)
                #expect(file.piece(at: 99, limit: 4) == .end)
            }
        }

        private static func pieces(of file: OutputFile) -> [OutputFile.Piece] {
            var pieces: [OutputFile.Piece] = []
            var offset: Int64 = 0
            while true {
                let piece = file.piece(at: offset, limit: 8 << 20)
                switch piece {
                case .bytes(let bytes): offset += Int64(bytes.count)
                case .dropped(let count): offset += count
                case .end: return pieces
                }
                pieces.append(piece)
            }
        }
    }
}
