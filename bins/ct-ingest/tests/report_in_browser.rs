//! The page of `ct-ingest report` in a real browser, headless Chromium. `cargo xtask test-report` gets it and runs this.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails where its set-up does")]

mod common;

use common::{fixture, program, stderr};
use flate2::read::ZlibDecoder;
use serde_json::Value;
use std::collections::HashSet;
use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

/// The variables that name the browser, and the folders of its libraries and fonts.
const BROWSER: &str = "CHROMIUM";
const LIBRARIES: &str = "CHROMIUM_LIBRARIES";
const FONTS: &str = "CHROMIUM_FONTS";
const RULES: &str = "../../examples/falco/trailbridge_rules.yaml";
/// The rule of the page for scripts. A copy without it can be measured by one.
const POLICY: &str = "<meta http-equiv=\"Content-Security-Policy\"";
/// Measures the page. Chromium prints the document after it.
const MEASURE: &str = r#"<script>
const all = selector => [...document.querySelectorAll(selector)];
const box = element => element.getBoundingClientRect();
const style = getComputedStyle(document.body);
document.body.textContent = 'MEASURED' + JSON.stringify({
  width: innerWidth, wide: document.documentElement.scrollWidth, height: document.documentElement.scrollHeight,
  background: style.backgroundColor, color: style.color,
  bars: all('svg .all[x]').filter(bar => box(bar).height >= 1 && box(bar).width > 0).length,
  times: all('.plot text').map(text => [box(text).left, box(text).right]),
  numbers: all('td.n').filter(cell => getComputedStyle(cell).textAlign == 'right').length,
  cells: all('td.n').length,
  scripts: all('script').length, loaded: all('img,iframe,link,object,[src],[onload],[onerror],[onclick]').length,
  text: document.body.innerText,
}) + 'END';
</script>"#;

struct Browser {
    /// Every request to the network comes here instead.
    proxy: TcpListener,
    folder: tempfile::TempDir,
}

impl Browser {
    fn new() -> Self {
        let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
        proxy.set_nonblocking(true).unwrap();
        Self { proxy, folder: tempfile::tempdir().unwrap() }
    }

    /// Shows a page, and returns what the browser prints. An environment without the browser fails.
    fn show(&self, html: &str, width: u32, args: &[&str]) -> Output {
        let program = std::env::var_os(BROWSER).expect("CHROMIUM is not set: run `cargo xtask test-report`");
        let page = self.folder.path().join("page.html");
        fs::write(&page, html).unwrap();
        let mut command = Command::new(program);
        if let Some(libraries) = std::env::var_os(LIBRARIES) {
            command.env("LD_LIBRARY_PATH", libraries);
        }
        // The same text on each machine, also where no fonts are installed.
        if let Ok(fonts) = std::env::var(FONTS) {
            let (file, cache) = (self.folder.path().join("fonts.conf"), self.folder.path().join("fonts"));
            let fonts = format!("<fontconfig><dir>{fonts}</dir><cachedir>{}</cachedir></fontconfig>", cache.display());
            fs::write(&file, fonts).unwrap();
            command.env("FONTCONFIG_FILE", file);
        }
        let proxy = format!("--proxy-server=http://{}", self.proxy.local_addr().unwrap());
        // The sandbox needs rights that containers do not have. The page is our own.
        command.args(["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars"]);
        command.arg("--enable-logging=stderr");
        command.args([&proxy, "--proxy-bypass-list=<-loopback>", "--timeout=5000"]);
        command.arg(format!("--window-size={width},2000")).args(args);
        let output = command.arg(format!("file://{}", page.display())).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        output
    }

    /// Returns the number of requests to the network since the last call.
    fn requests(&self) -> usize {
        std::iter::from_fn(|| self.proxy.accept().ok()).count()
    }

    fn measure(&self, html: &str, width: u32, args: &[&str]) -> Value {
        let script = format!("{MEASURE}</body>");
        let html = html.replace(POLICY, "<meta name=\"policy\"").replace("</body>", &script);
        let output = self.show(&html, width, &[&["--dump-dom"], args].concat());
        let dom = String::from_utf8(output.stdout).unwrap();
        let found = dom.split_once("MEASURED").unwrap().1.rsplit_once("END").unwrap().0;
        // The text of an element, as HTML writes it.
        let json = found.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", "\u{a0}").replace("&amp;", "&");
        serde_json::from_str(&json).unwrap()
    }
}

/// Returns the page of the fixtures, with the damaged ones, and of records of an attacker.
fn page(folder: &Path) -> String {
    let hostile = r#"{"eventTime":"2026-01-02T03:30:00Z","eventType":"AwsApiCall","eventSource":"\"><img src=http://127.0.0.1:9/x>",
        "eventName":"<script>document.title='hacked'</script>","errorCode":"AccessDenied</td></table><iframe src=//a.example>",
        "sourceIPAddress":"</style></title><svg onload=alert(1)>","userIdentity":{"type":"IAMUser","arn":"' onclick='x"}}"#;
    fs::write(folder.join("hostile.json"), hostile).unwrap();
    let output = program()
        .args(["report", "-o", "-", "--title", "A night", "--rules", RULES])
        .args([fixture("cloudtrail"), fixture("broken"), folder.join("hostile.json")])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// Returns how many different lines of pixels a PNG has, before they are unfiltered: a blank page has a few.
fn lines_of(png: &[u8]) -> usize {
    let (mut packed, mut rest) = (Vec::new(), png.get(8..).unwrap());
    let mut width = 0;
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let length = u32::from_be_bytes(*length) as usize;
        let (kind, data) = (after.get(..4).unwrap(), after.get(4..4 + length).unwrap());
        match kind {
            b"IHDR" => {
                let bytes = if data.get(9) == Some(&6) { 4 } else { 3 };
                width = u32::from_be_bytes(*data.first_chunk().unwrap()) as usize * bytes + 1;
            }
            b"IDAT" => packed.extend_from_slice(data),
            _ => {}
        }
        rest = after.get(length + 8..).unwrap();
    }
    let mut pixels = Vec::new();
    ZlibDecoder::new(&*packed).read_to_end(&mut pixels).unwrap();
    pixels.chunks_exact(width).collect::<HashSet<_>>().len()
}

#[test]
#[ignore = "needs a browser: cargo xtask test-report"]
fn the_page_is_good_in_a_browser() {
    let browser = Browser::new();
    let html = page(browser.folder.path());

    // The page as it is: no request, nothing on the console, something to see.
    let png = browser.folder.path().join("page.png");
    let screenshot = format!("--screenshot={}", png.display());
    for args in [&[][..], &["--blink-settings=preferredColorScheme=0"]] {
        let output = browser.show(&html, 1400, &[&[&*screenshot], args].concat());
        assert!(!stderr(&output).contains("CONSOLE"), "{}", stderr(&output));
        let lines = lines_of(&fs::read(&png).unwrap());
        assert!(lines > 300, "{lines} different lines");
    }
    assert_eq!(browser.requests(), 0);

    for width in [400, 1400] {
        let measured = browser.measure(&html, width, &["--blink-settings=preferredColorScheme=1"]);
        let number = |name: &str| measured[name].as_f64().unwrap();
        assert_eq!(number("width"), f64::from(width));
        assert!(number("wide") <= number("width"), "wider than the window: {measured}");
        assert!((2_000.0..40_000.0).contains(&number("height")), "{measured}");
        assert!(number("bars") >= 2.0, "{measured}");
        assert!(number("cells") > 50.0);
        if width == 1400 {
            assert_eq!(number("numbers"), number("cells"), "numbers are aligned");
        }
        // The only script is the one that measures, and nothing of a record is an element.
        assert_eq!((number("scripts"), number("loaded")), (1.0, 0.0));
        let times = measured["times"].as_array().unwrap();
        let place = |at: usize, side: usize| times[at][side].as_f64().unwrap();
        assert!((1..times.len()).all(|at| place(at - 1, 1) < place(at, 0)), "times overlap: {measured}");
        let text = measured["text"].as_str().unwrap();
        for part in
            ["A night", "Denied calls", "<script>document.title='hacked'</script>", "' onclick='x", "First seen"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert_eq!(measured["background"], "rgb(255, 255, 255)");
    }
    let dark = browser.measure(&html, 1400, &["--blink-settings=preferredColorScheme=0"]);
    assert_eq!((&dark["background"], &dark["color"]), (&"rgb(20, 23, 27)".into(), &"rgb(227, 230, 234)".into()));
    assert_eq!(browser.requests(), 0);
}

/// The test above sees requests, messages on the console and a blank page.
#[test]
#[ignore = "needs a browser: cargo xtask test-report"]
fn a_bad_page_is_noticed() {
    let browser = Browser::new();
    let bad = "<!DOCTYPE html><script>console.error('bad')</script><img src=http://a.example/x.png>";
    let png = browser.folder.path().join("page.png");
    let output = browser.show(bad, 400, &[&format!("--screenshot={}", png.display())]);
    assert!(stderr(&output).contains("CONSOLE"), "{}", stderr(&output));
    assert!(browser.requests() > 0);
    assert!(lines_of(&fs::read(&png).unwrap()) < 100);
}
