//! The proxy in the environment.

/// A proxy for https. It has no `Debug`, since its URL may hold a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    /// `http://HOST:PORT`, perhaps with a user name and a password.
    pub url: String,
    /// Hosts that are reached directly, as in `NO_PROXY`; may be empty.
    pub direct: String,
}

impl Proxy {
    /// Returns the URL without user name, password and path, for messages.
    #[must_use]
    pub fn name(&self) -> String {
        let (scheme, rest) = self.url.split_once("://").unwrap_or(("http", &self.url));
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        format!("{scheme}://{host}")
    }
}

/// Returns the proxy in `HTTPS_PROXY`, or else `ALL_PROXY`, with `NO_PROXY`. Names in lower case come first, as in
/// Python. An empty variable counts as unset.
#[must_use]
pub fn from_env() -> Option<Proxy> {
    find(|name| std::env::var(name).ok())
}

/// Returns the name of the proxy in the environment, for messages.
#[must_use]
pub fn name() -> Option<String> {
    from_env().map(|proxy| proxy.name())
}

fn find(env: impl Fn(&str) -> Option<String>) -> Option<Proxy> {
    let either = |name: &str| {
        [name.to_lowercase(), name.to_owned()].into_iter().filter_map(|name| env(&name)).find(|value| !value.is_empty())
    };
    let url = either("HTTPS_PROXY").or_else(|| either("ALL_PROXY"))?;
    let url = if url.contains("://") { url } else { format!("http://{url}") };
    Some(Proxy { url, direct: hosts(&either("NO_PROXY").unwrap_or_default()) })
}

/// Converts `NO_PROXY` to the form that both HTTP clients read: hosts, addresses and networks. Removes a port after a
/// host, brackets around an IPv6 address, and `*.` before a domain, which Go and curl accept.
fn hosts(list: &str) -> String {
    let hosts = list.split([',', ' ']).map(str::trim).filter(|entry| !entry.is_empty()).map(host);
    hosts.collect::<Vec<_>>().join(",")
}

fn host(entry: &str) -> &str {
    let entry = entry.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(entry);
    if let Some((address, _)) = entry.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return address;
    }
    match entry.rsplit_once(':') {
        // More than one colon is an IPv6 address without brackets.
        Some((host, port)) if !host.contains(':') && port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => entry,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_names_it() {
        let with = |given: &'static [(&str, &str)]| {
            let found = find(|name| given.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()));
            found.map(|Proxy { url, direct }| (url, direct))
        };
        let expected = |url: &str, direct: &str| Some((url.to_owned(), direct.to_owned()));
        assert_eq!(with(&[]), None);
        assert_eq!(with(&[("HTTPS_PROXY", ""), ("HTTP_PROXY", "http://p:1")]), None, "https only");
        for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            let found = find(|asked| (asked == name).then(|| "p:3128".to_owned()));
            assert!(found.is_some_and(|it| it.url == "http://p:3128"), "{name}");
        }
        assert_eq!(
            with(&[("https_proxy", ""), ("HTTPS_PROXY", "https://p:1"), ("ALL_PROXY", "q:2"), ("no_proxy", "a,b")]),
            expected("https://p:1", "a,b")
        );
    }

    #[test]
    fn its_name_has_no_password() {
        for (url, name) in [
            ("http://p:3128", "http://p:3128"),
            ("http://somebody:hunter2@p:3128/", "http://p:3128"),
            ("https://somebody:hunter@2@[::1]:1?x=a@b", "https://[::1]:1"),
            ("somebody:hunter2@p", "http://p"),
        ] {
            assert_eq!(Proxy { url: url.to_owned(), direct: String::new() }.name(), name);
        }
    }

    #[test]
    fn hosts_that_are_asked_directly_are_written_in_many_ways() {
        for (given, expected) in [
            ("localhost, .example.com,10.0.0.0/8", "localhost,.example.com,10.0.0.0/8"),
            ("*.example.com *", ".example.com,*"),
            ("s3.local:9000,[::1]:8080,[fd00::1],fd00::2,::1/128", "s3.local,::1,fd00::1,fd00::2,::1/128"),
            (" , ,", ""),
        ] {
            assert_eq!(hosts(given), expected, "{given}");
        }
    }
}
