import Model
import Testing

@testable import Jobs

/// Where a source on the web may lead, and what it may give away.
@Suite(.timeLimit(.minutes(1)))
struct CheckWebRulesTests {
    private func json(_ url: String, _ more: JSONObject = [:]) -> JSONValue {
        var body: JSONObject = ["url": .string(url), "count": "/total", "retries": 0]
        body.merge(more)
        return ["json": .object(body)]
    }

    private static func redirect(_ location: String) -> CannedReply {
        .status(302, headers: "Location: \(location)\r\n")
    }

    @Test func followsNoRedirectUnlessItIsAllowed() async throws {
        try await withWeb({ head, _ in
            head.hasPrefix("GET /new/a") ? .ok(#"{"total": 5}"#) : Self.redirect("new/a?b=c#d")
        }) { url, requests in
            let refused = try await checkWeb(json(url + "/old"))
            #expect(refused.code == "redirect_refused")
            #expect(refused.message.contains(url))
            #expect(requests.heads.count == 1)
            let followed = try await checkWeb(json(url + "/old", ["redirects": "same-host"]))
            #expect(followed.count == 5, "\(followed.message)")
            #expect(requests.targets.last == "/new/a?b=c")
        }
    }

    @Test(arguments: [
        "http://other.example/", "http://localhost:1/", "//other.example/a", "http://127.0.0.1:1/", "ftp://127.0.0.1/",
        "http://169.254.169.254/latest/meta-data", "file:///etc/passwd", "http://user@127.0.0.1/", "http://[fe80::1]/",
    ])
    func followsNoRedirectElsewhere(_ location: String) async throws {
        try await withWeb({ _, _ in Self.redirect(location) }) { url, requests in
            let report = try await checkWeb(json(url, ["redirects": "same-host"]))
            #expect(report.code == "redirect_refused", "\(report.message)")
            #expect(requests.heads.count == 1)
        }
    }

    @Test func endsACircleOfRedirects() async throws {
        try await withWeb({ _, _ in Self.redirect("/again") }) { url, requests in
            let report = try await checkWeb(json(url, ["redirects": "same-host"]))
            #expect(report.code == "redirect_refused")
            #expect(requests.heads.count == 4)
        }
    }

    @Test(arguments: [
        "http://169.254.169.254/latest/meta-data/", "http://169.254.0.1:8080/", "http://[fe80::1]/",
        "http://[::ffff:169.254.169.254]/", "http://[64:ff9b::a9fe:a9fe]/", "http://[2002:a9fe:a9fe::1]/",
        "http://0xa9fea9fe/", "http://2852039166/", "http://0251.0376.0251.0376/", "http://0.0.0.0/", "http://0/",
        "http://[::]/", "http://224.0.0.1/", "http://255.255.255.255/", "http://[ff02::1]/", "http://100.100.100.200/",
        "http://[fd00:ec2::254]/",
    ])
    func asksNobodyAtAnAddressThatIsRefused(_ url: String) async throws {
        let report = try await checkWeb(json(url))
        #expect(report.code == "address_refused", "\(report.message)")
        #expect(report.outcome.exception?.details["retryable"] == false)
        let sip2: JSONObject = ["host": .string(try WebAddress(url).host), "barcodes": "/etc/hostname"]
        #expect(try await checkWeb(["sip2": .object(sip2)]).code == "address_refused")
    }

    @Test(arguments: ["127.0.0.1", "10.1.2.3", "192.168.1.1", "172.16.0.1", "100.64.0.1", "8.8.8.8", "::1", "fd00::1"])
    func aPrivateAddressIsAnAddress(_ text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.refusal == nil)
        #expect(address.text == text)
        #expect(address.isLoopback == ["127.0.0.1", "::1"].contains(text))
    }

    @Test func aNameThatIsNoneCannotBeLookedUp() async throws {
        let report = try await checkWeb(json("http://no-such-host.invalid/"))
        #expect(report.code == "dns", "\(report.message)")
        #expect(report.message.contains("no-such-host.invalid"))
    }

    /// What a server answers stands in messages, and these in the history.
    @Test func aSecretThatAServerQuotesIsNotTold() async throws {
        let auth: JSONObject = ["auth": ["basic": ["user": "ill", "password_file": "secret"]]]
        let quoting: [(JSONObject, answer: String)] = [
            (["count": "/total"], #"{"total": "no s3cr3t-value"}"#),
            (["count": "/total"], #"{"total": "no aWxsOnMzY3IzdC12YWx1ZQ=="}"#),
            (["count": nil, "preset": "vufind"], #"{"status": "ERROR", "statusMessage": "no s3cr3t-value"}"#),
        ]
        try await withCheckDirectory { directory in
            try directory.write("secret", "s3cr3t-value\n")
            for (keys, answer) in quoting {
                try await withWeb({ _, _ in .ok(answer) }) { url, _ in
                    var more = auth
                    more.merge(keys)
                    let report = try await checkWeb(json(url, more), directory: directory.path)
                    let text = report.outcome.exception?.json.text() ?? ""
                    #expect(text.contains("no [secret]"), "\(text)")
                    #expect(!text.contains("s3cr3t-value") && !text.contains("aWxsOn"), "\(text)")
                }
            }
            let diagnostic = """
                <searchRetrieveResponse><diagnostics><diagnostic><uri>info:srw/diagnostic/1/3</uri>\
                <details>s3cr3t-value</details></diagnostic></diagnostics></searchRetrieveResponse>
                """
            try await withWeb({ _, _ in .ok(diagnostic) }) { url, _ in
                let source: JSONObject = ["url": .string(url), "auth": ["bearer": ["token_file": "secret"]]]
                let report = try await checkWeb(["sru": .object(source)], directory: directory.path)
                let text = report.outcome.exception?.json.text() ?? ""
                #expect(text.contains("[secret]") && !text.contains("s3cr3t-value"), "\(text)")
            }
        }
    }

    @Test func sendsASecretFromItsFileAndTellsItNobody() async throws {
        try await withCheckDirectory { directory in
            try directory.write("secret", "s3cr3t-value\n")
            let ways: [(JSONValue, header: String)] = [
                (
                    ["basic": ["user": "ill", "password_file": "secret"]],
                    "Authorization: Basic aWxsOnMzY3IzdC12YWx1ZQ=="
                ),
                (["bearer": ["token_file": "secret"]], "Authorization: Bearer s3cr3t-value"),
                (["header": ["name": "X-Okapi-Token", "value_file": "secret"]], "X-Okapi-Token: s3cr3t-value"),
            ]
            for (auth, header) in ways {
                try await withWeb({ _, _ in .status(401) }) { url, requests in
                    let source = json(
                        url + "/a?apikey=s3cr3t-query", ["auth": auth, "headers": ["X-Okapi-Tenant": "t"]])
                    let report = try await checkWeb(source, directory: directory.path)
                    #expect(report.code == "auth")
                    #expect(!"\(report)".contains("s3cr3t"))
                    let head = try #require(requests.heads.first)
                    #expect(head.contains("\r\n\(header)\r\n"), "\(head)")
                    #expect(head.contains("\r\nX-Okapi-Tenant: t\r\n"))
                }
            }
        }
    }

    @Test func aSecretThatCannotBeReadIsNamedByItsPath() async throws {
        try await withCheckDirectory { directory in
            try directory.write("empty", "\n")
            try directory.write("two", "s3cr3t\r\nX-Evil: 1\n")
            try directory.write("long", String(repeating: "x", count: 5000))
            let files = [
                ("none", "config"), ("empty", "config"), ("two", "config"), ("long", "too_large"), (".", "config"),
            ]
            for (file, code) in files {
                let auth: JSONValue = ["bearer": ["token_file": .string(file)]]
                let report = try await checkWeb(json("http://127.0.0.1:1/", ["auth": auth]), directory: directory.path)
                #expect(report.code == code, "\(file): \(report.message)")
                #expect(report.message.contains("token_file: \(directory.file(file))"))
                #expect(!report.message.contains("s3cr3t"))
            }
        }
    }

    @Test func aServerWithoutTLSIsNotAskedByHTTPS() async throws {
        let server = LocalServer { connection in
            connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            connection.waitForEnd()
        }
        let report = try await checkWeb(json("https://localhost:\(server.port)/"))
        await server.stop()
        #expect(report.code == "tls", "\(report.message)")
        #expect(report.outcome.exception?.details["retryable"] == false)
    }
}
