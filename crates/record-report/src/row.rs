//! One record's row: its time and fields.

use record_queries::Selection;

/// The fields of a row, in their order.
const FIELDS: [&str; 14] = [
    "ct.user.identitytype",
    "ct.user.arn",
    "ct.user.sessionissuer.arn",
    "ct.user",
    "ct.user.principalid",
    "ct.user.accountid",
    "ct.srcip",
    "ct.shortsrc",
    "ct.name",
    "ct.region",
    "ct.recipientaccountid",
    "ct.error",
    "ct.response.consolelogin",
    "ct.additionaleventdata.mfaused",
];
/// The event that signing in to the console writes.
const CONSOLE_LOGIN: &[u8] = b"ConsoleLogin";

/// Returns the fields of a row.
pub(crate) fn selection() -> Selection {
    // A test checks that there are such fields.
    Selection::parse(&FIELDS.join(",")).unwrap_or_default()
}

/// The cells of a record's row, as [`record_queries::Format::Tsv`] escapes them. Missing values are empty.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Row<'l> {
    /// Nanoseconds since 1970.
    pub(crate) time: Option<u64>,
    pub(crate) identity_type: &'l [u8],
    arn: &'l [u8],
    issuer: &'l [u8],
    user: &'l [u8],
    principal_id: &'l [u8],
    user_account: &'l [u8],
    pub(crate) address: &'l [u8],
    pub(crate) service: &'l [u8],
    pub(crate) name: &'l [u8],
    pub(crate) region: &'l [u8],
    pub(crate) account: &'l [u8],
    pub(crate) error: &'l [u8],
    login: &'l [u8],
    pub(crate) mfa: &'l [u8],
}

impl<'l> Row<'l> {
    pub(crate) fn parse(line: &'l [u8]) -> Self {
        let mut cells = line.strip_suffix(b"\n").unwrap_or(line).split(|byte| *byte == b'\t');
        let mut next = || cells.next().unwrap_or_default();
        Self {
            time: std::str::from_utf8(next()).ok().and_then(|time| time.parse().ok()),
            identity_type: next(),
            arn: next(),
            issuer: next(),
            user: next(),
            principal_id: next(),
            user_account: next(),
            address: next(),
            service: next(),
            name: next(),
            region: next(),
            account: next(),
            error: next(),
            login: next(),
            mfa: next(),
        }
    }

    /// Returns who called: the issuer of a session, else the caller.
    pub(crate) fn principal(&self) -> &'l [u8] {
        if self.issuer.is_empty() { self.caller() } else { self.issuer }
    }

    /// Returns the caller, with its session: its ARN, else its name, or the ids that the record has.
    pub(crate) fn caller(&self) -> &'l [u8] {
        // The field of the user falls back to the type of the identity.
        let user = if self.user == self.identity_type { &[] } else { self.user };
        let names = [self.arn, user, self.principal_id, self.user_account];
        names.into_iter().find(|name| !name.is_empty()).unwrap_or_default()
    }

    /// Returns whether the call failed.
    pub(crate) fn has_failed(&self) -> bool {
        !self.error.is_empty() || self.login == b"Failure"
    }

    /// Returns the result of a console login: as the record says, else its error. `None` for other events.
    pub(crate) fn login(&self) -> Option<&'l [u8]> {
        let result = if self.login.is_empty() { self.error } else { self.login };
        (self.name == CONSOLE_LOGIN).then_some(result)
    }
}

/// Returns whether an error means that permission was denied. Services have their own codes, which contain these words.
pub(crate) fn is_denial(error: &str) -> bool {
    const WORDS: [&str; 8] = [
        "accessdenied",
        "unauthorized",
        "notauthorized",
        "forbidden",
        "authorizationerror",
        "authfailure",
        "authorizationfailure",
        "insufficientprivileges",
    ];
    let error: String = error.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    WORDS.iter().any(|word| error.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_a_row_is_known() {
        assert_eq!(format!("{:?}", selection()), FIELDS.join(","));
    }

    #[test]
    fn the_cells_are_in_the_order_of_the_fields() {
        let line = format!("7\t{}\n", FIELDS.join("\t"));
        let row = Row::parse(line.as_bytes());
        assert_eq!(row.time, Some(7));
        let found = [
            row.identity_type,
            row.arn,
            row.issuer,
            row.user,
            row.principal_id,
            row.user_account,
            row.address,
            row.service,
            row.name,
            row.region,
            row.account,
            row.error,
            row.login,
            row.mfa,
        ];
        assert_eq!(found.map(|cell| std::str::from_utf8(cell).unwrap()), FIELDS);
        assert_eq!(Row::parse(b""), Row::default());
    }

    #[test]
    fn a_principal_is_the_issuer_of_a_session_or_the_caller() {
        let row = Row { identity_type: b"T", user_account: b"1", ..Row::default() };
        assert_eq!(row.principal(), b"1");
        let row = Row { principal_id: b"P", user: b"T", ..row };
        assert_eq!(row.principal(), b"P");
        let row = Row { user: b"alice", ..row };
        assert_eq!(row.principal(), b"alice");
        let row = Row { arn: b"arn/s", ..row };
        assert_eq!(row.principal(), b"arn/s");
        let row = Row { issuer: b"role", ..row };
        assert_eq!((row.principal(), row.caller()), (&b"role"[..], &b"arn/s"[..]));
    }

    #[test]
    fn a_failed_login_has_failed_without_an_error_code() {
        let login = |login, error| Row { name: b"ConsoleLogin", login, error, ..Row::default() };
        assert!(login(b"Failure", b"").has_failed() && !login(b"Success", b"").has_failed());
        assert_eq!(login(b"", b"Odd").login(), Some(&b"Odd"[..]));
        assert_eq!(Row { name: b"Other", ..Row::default() }.login(), None);
    }

    #[test]
    fn denials_are_told_from_other_errors() {
        for code in [
            "AccessDenied",
            "AccessDeniedException",
            "Client.UnauthorizedOperation",
            "UnauthorizedException",
            "NotAuthorizedException",
            "AuthorizationErrorException",
            "Forbidden",
            "Client.AuthFailure",
        ] {
            assert!(is_denial(code), "{code}");
        }
        for code in ["NoSuchBucket", "ThrottlingException", "ValidationException", ""] {
            assert!(!is_denial(code), "{code}");
        }
    }
}
