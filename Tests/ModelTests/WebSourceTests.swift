import Testing

@testable import Model

@Suite struct WebSourceTests {
    private func source(_ text: String) throws -> Source {
        let job = try Job(json: ["check": JSONParser.parse(text)])
        guard case .check(let source) = job.action else {
            throw InvalidInput(code: .field, path: "", message: "no check")
        }
        return source
    }

    @Test func whatAJobDoesNotSayHasADefault() throws {
        guard case .sru(let sru) = try source(#"{"sru": {"url": "http://a"}}"#) else {
            Issue.record("no sru source")
            return
        }
        #expect(sru.query == "cql.allRecords=1" && sru.version == .v1_1 && sru.access == HTTPAccess())
        guard case .oai(let oai) = try source(#"{"oai": {"url": "http://a"}}"#) else {
            Issue.record("no oai source")
            return
        }
        #expect(oai.prefix == "oai_dc" && oai.mode == .auto && oai.maximumPages == 1000 && oai.set == nil)
        guard case .sip2(let sip2) = try source(#"{"sip2": {"host": "a", "barcodes": "b"}}"#) else {
            Issue.record("no sip2 source")
            return
        }
        let access = sip2.access
        #expect(access.port == 6001 && access.detectsErrors && access.rate == 50 && access.login == nil)
        #expect(access.timeout == .seconds(10) && access.connectTimeout == .seconds(3))
    }

    @Test func theCommonKeysAreRead() throws {
        let text = #"""
            {"json": {"url": "https://a", "count": "header:X-N", "timeout": "1m", "connect_timeout": "500ms", "retries": 0,
             "max_body": 10, "redirects": "same-host", "headers": {"Accept": "text/plain"},
             "auth": {"basic": {"user": "u", "password_file": "p"}}}}
            """#
        guard case .json(let json) = try source(text) else {
            Issue.record("no json source")
            return
        }
        var access = HTTPAccess()
        access.timeout = .seconds(60)
        access.connectTimeout = .milliseconds(500)
        access.retries = 0
        access.maximumBody = 10
        access.redirects = .sameHost
        access.credentials = .basic(user: "u", passwordFile: "p")
        #expect(json.access == access)
        #expect(json.count == .header("X-N"))
        #expect(json.headers == [JSONSource.Header(name: "Accept", value: "text/plain")])
    }

    @Test(arguments: [
        (#"{"sru": {}}"#, "check.sru.url", "missing"), (#"{"sru": {"url": "a"}}"#, "check.sru.url", "http://"),
        (#"{"sru": {"url": "http://a", "x": 1}}"#, "check.sru.x", "unknown key"),
        (#"{"sru": {"url": "http://a", "version": 1.1}}"#, "check.sru.version", "a string"),
        (#"{"sru": {"url": "http://a", "version": "3"}}"#, "check.sru.version", "one of: 1.1, 1.2, 2.0"),
        (#"{"sru": {"url": "http://a", "query": ""}}"#, "check.sru.query", "empty"),
        (#"{"sru": {"url": "http://a"}, "oai": {"url": "http://a"}}"#, "check", "exactly one source"),
        (#"{"oai": {"url": "http://a", "mode": "x"}}"#, "check.oai.mode", "one of: auto, size, walk"),
        (#"{"oai": {"url": "http://a", "max_pages": 0}}"#, "check.oai.max_pages", "between 1"),
        (#"{"oai": {"url": "http://a", "timeout": 0}}"#, "check.oai.timeout", "between 1 ms"),
        (#"{"oai": {"url": "http://a", "timeout": "2h"}}"#, "check.oai.timeout", "and 1 h"),
        (#"{"oai": {"url": "http://a", "retries": 11}}"#, "check.oai.retries", "between 0"),
        (#"{"oai": {"url": "http://a", "redirects": "any"}}"#, "check.oai.redirects", "one of: refuse, same-host"),
        (#"{"oai": {"url": "http://a", "max_body": 0}}"#, "check.oai.max_body", "between 1"),
        (#"{"json": {"url": "http://a"}}"#, "check.json.count", "missing"),
        (#"{"json": {"url": "http://a", "count": "x"}}"#, "check.json.count", "JSON pointer"),
        (#"{"json": {"url": "http://a", "count": "header:"}}"#, "check.json.count", "empty"),
        (#"{"json": {"url": "http://a", "count": "header:a b"}}"#, "check.json.count", "name of a header"),
        (#"{"json": {"url": "http://a", "count": "/a", "preset": "koha"}}"#, "check.json.count", "beside preset"),
        (#"{"json": {"url": "http://a", "preset": "x"}}"#, "check.json.preset", "one of: koha"),
        (#"{"json": {"url": "http://a", "preset": "alma"}}"#, "check.json.url", "needs a path"),
        (
            #"{"json": {"url": "http://a", "count": "/a", "headers": {"apikey": "x"}}}"#, "check.json.headers.apikey",
            "is a secret; use auth"
        ),
        (
            #"{"json": {"url": "http://a", "count": "/a", "headers": {"X-API-Key": "x"}}}"#,
            "check.json.headers.X-API-Key",
            "is a secret; use auth"
        ),
        (
            #"{"json": {"url": "http://a", "count": "/a", "headers": {"X-Okapi-Token": "x"}}}"#,
            "check.json.headers.X-Okapi-Token",
            "is a secret; use auth"
        ),
        (
            #"{"json": {"url": "http://a", "count": "/a", "headers": {"x-auth-token": "x"}}}"#,
            "check.json.headers.x-auth-token",
            "is a secret; use auth"
        ),
        (
            #"{"json": {"url": "http://a", "count": "/a", "headers": {"Cookie": "x"}}}"#, "check.json.headers.Cookie",
            "use auth"
        ),
        (
            #"{"json": {"url": "http://a", "count": "/a", "headers": {"Host": "x"}}}"#, "check.json.headers.Host",
            "cannot be set"
        ),
        (
            #"{"json": {"url": "http://a", "count": "/a", "headers": {"A": "x\r\nB: y"}}}"#, "check.json.headers.A",
            "printable"
        ),
        (
            #"{"json": {"url": "http://a", "count": "/a", "headers": {"A B": "x"}}}"#, "check.json.headers.A B",
            "may hold only"
        ),
        (#"{"sru": {"url": "http://a", "auth": {}}}"#, "check.sru.auth", "exactly one of: basic"),
        (
            #"{"sru": {"url": "http://a", "auth": {"basic": {"user": "u"}}}}"#, "check.sru.auth.basic.password_file",
            "missing"
        ),
        (
            #"{"sru": {"url": "http://a", "auth": {"basic": {"user": "u:v", "password_file": "p"}}}}"#,
            "check.sru.auth.basic.user", "colon"
        ),
        (
            #"{"sru": {"url": "http://a", "auth": {"bearer": {"token_file": "p", "token": "x"}}}}"#,
            "check.sru.auth.bearer.token", "unknown key"
        ),
        (#"{"sip2": {"host": "a"}}"#, "check.sip2.barcodes", "missing"),
        (#"{"sip2": {"host": "a b", "barcodes": "b"}}"#, "check.sip2.host", "not a host"),
        (#"{"sip2": {"host": "a", "port": 0, "barcodes": "b"}}"#, "check.sip2.port", "between 1"),
        (#"{"sip2": {"host": "a", "barcodes": "b", "institution": "a|b"}}"#, "check.sip2.institution", "no |"),
        (
            #"{"sip2": {"host": "a", "barcodes": "b", "login": {"user": "a\rb", "password_file": "p"}}}"#,
            "check.sip2.login.user", "no |"
        ),
        (
            #"{"sip2": {"host": "a", "barcodes": "b", "login": {"user": "a"}}}"#, "check.sip2.login.password_file",
            "missing"
        ),
    ])
    func whatIsWrongIsNamedByItsPath(_ text: String, _ path: String, _ words: String) throws {
        #expect { try source(text) } throws: { error in
            guard let error = error as? InvalidInput else { return false }
            return error.path == path && error.message.contains(words)
        }
    }

    @Test(arguments: [
        ("http://a", "http://a/", "a", 80),
        ("HTTPS://A.example:443/b?c=d&e", "https://a.example/b?c=d&e", "a.example", 443),
        ("http://[::1]:8080?x", "http://[::1]:8080/?x", "::1", 8080),
        ("http://1.2.3.4:80/%20", "http://1.2.3.4/%20", "1.2.3.4", 80),
    ])
    func anAddressIsRead(_ text: String, _ written: String, _ host: String, _ port: Int) throws {
        let address = try WebAddress(text)
        #expect(address.text == written && address.host == host && address.port == port)
        #expect(!address.description.contains("?"))
    }

    @Test(arguments: [
        "", "a", "//a", "http:/a", "http://", "http:///b", "ftp://a", "file:///etc/passwd", "http://user@a",
        "http://u:p@a",
        "http://a@b@c", "http://a#b", "http://a/b c", "http://a/\u{E9}", "http://\u{E9}", "http://a\\@b", "http://a:0",
        "http://a:65536", "http://a:", "http://a:8a", "http://a:+8", "http://[::1", "http://[fe80::1%25eth0]",
        "http://[a]",
        "http://.a", "http://-a", "http://a%2eb", "http://a/%", "http://a/%zz", "http://a/|", "http://a/[",
        "http://a\r\nX: y",
        "http://a/\u{0}", " http://a", "http://a/b\u{301}", "http://" + String(repeating: "a", count: 300),
    ])
    func anAddressThatTwoReadersCouldReadInTwoWaysIsNone(_ text: String) {
        #expect(throws: WebAddress.Malformed.self) { try WebAddress(text) }
    }

    @Test(arguments: [
        ("/c", "http://h:1/c"), ("c", "http://h:1/a/c"), ("?c", "http://h:1/a/b?c"), ("//i/c", "http://i/c"),
        ("https://h:1/c#d", "https://h:1/c"), ("c/d:e", "http://h:1/a/c/d:e"), ("../c", "http://h:1/a/../c"),
    ])
    func aRedirectLeadsFromWhereItIs(_ location: String, _ written: String) throws {
        #expect(try WebAddress("http://h:1/a/b?x").following(location).text == written)
    }

    @Test func parametersTakeThePlaceOfTheirNamesakes() throws {
        let address = try WebAddress("http://a/?limit=5&q=a%20b&limit")
        #expect(
            address.asking([("limit", "0"), ("x", "a=\u{E9}&")]).text == "http://a/?q=a%20b&limit=0&x=a%3D%C3%A9%26")
    }
}
