//! One record on each line: its members, the field, the value.

mod kinds;

use crate::locate::scratch::Scratch;
use crate::table::lookup::field;
use crate::value::text::{Text, Value};
use crate::value::time::Skip;

/// A value as the tests write it: `7` for a number, `a|b` for a list.
#[track_caller]
fn ask(record: &str, name: &str) -> Option<String> {
    let (name, index) = match name.split_once('[') {
        Some((name, index)) => (name, Some(index.trim_end_matches(']').parse().unwrap())),
        None => (name, None),
    };
    let value = Scratch::new().record(record.as_bytes(), None).get(field(name).expect("a field"), index)?;
    let text = |text: &Text<'_>| String::from_utf8(text.as_bytes().to_vec()).unwrap();
    let text = match &value {
        Value::Text(it) => text(it),
        Value::Number(number) => number.to_string(),
        Value::List(list) => list.iter().map(text).collect::<Vec<_>>().join("|"),
    };
    if let Some(range) = value.range() {
        assert_eq!(&record.as_bytes()[range], text.as_bytes(), "the range of {name}");
    }
    Some(text)
}

/// Members of a record without its braces, a field, and its value.
#[track_caller]
fn check(members: &str, name: &str, expect: impl Into<Option<&'static str>>) {
    let record = format!("{{{members}}}");
    assert_eq!(ask(&record, name).as_deref(), expect.into(), "{name} of {record}");
}

/// The same, of a user's identity.
#[track_caller]
fn check_user(members: &str, name: &str, expect: impl Into<Option<&'static str>>) {
    check(&format!(r#""userIdentity":{{{members}}}"#), name, expect);
}

/// The same, of a request.
#[track_caller]
fn check_request(members: &str, name: &str, expect: impl Into<Option<&'static str>>) {
    check(&format!(r#""requestParameters":{{{members}}}"#), name, expect);
}

#[test]
fn text() {
    check(r#""eventID":"e-1""#, "ct.id", "e-1");
    check(r#""eventID":"""#, "ct.id", "");
    check(r#""eventid":"e-1""#, "ct.id", None);
    check("", "ct.id", None);
    check(r#""eventID":"a\"b\\\/\b\f\n\r\té\ud83d\ude00""#, "ct.id", "a\"b\\/\u{8}\u{c}\n\r\té😀");
    check(r#""userIdentity":{"accountId":"1"},"recipientAccountId":"2""#, "ct.user.accountid", "1");
    check(r#""userIdentity":{},"recipientAccountId":"2""#, "ct.user.accountid", "2");
    check(r#""userIdentity":"text","recipientAccountId":"2""#, "ct.user.accountid", "2");
    check_request(
        r#""DescribeFastLaunchImagesRequest":{"ImageId":{"tag":1,"content":"ami-f"}}"#,
        "ec2.imageid",
        "ami-f",
    );
}

#[test]
fn which_member() {
    check(r#""eventID":"1","eventID":"2""#, "ct.id", "1");
    check(r#""event\u0049D":"1","eventID":"2""#, "ct.id", "1");
    check(r#""\u0065\u0076\u0065\u006e\u0074\u0049\u0044":"1""#, "ct.id", "1");
    check(
        r#""\u0072\u0065\u0063\u0069\u0070\u0069\u0065\u006e\u0074\u0041\u0063\u0063\u006f\u0075nt\u0049\u0064":"1""#,
        "ct.recipientaccountid",
        "1",
    );
    check(r#""x\"eventID":"1""#, "ct.id", None);
    check(r#""x":{"eventID":"1"},"y":[{"eventID":"2"}],"z":"\"eventID\":\"3\"""#, "ct.id", None);
    check(" \n \"eventID\" \t : \r \"1\" , \"eventName\" :\"2\"", "ct.id", "1");
    check(" \n \"eventID\" \t : \r \"1\" , \"eventName\" :\"2\"", "ct.name", "2");
    check(r#""":"0","eventID":"1""#, "ct.id", "1");
}

#[test]
fn short_source() {
    check(r#""eventSource":"ec2.amazonaws.com""#, "ct.shortsrc", "ec2");
    check(r#""eventSource":".amazonaws.com""#, "ct.shortsrc", ".amazonaws.com");
    check(r#""eventSource":"x.amazonaws.com.cn""#, "ct.shortsrc", "x.amazonaws.com.cn");
    check(r#""eventSource":"\u0061.amazonaws.com""#, "ct.shortsrc", "a");
}

#[test]
fn users() {
    check_user(r#""type":"Root","userName":"r""#, "ct.user", "r");
    check_user(r#""type":"Root""#, "ct.user", None);
    check_user(r#""type":"IAMUser","userName":"alice""#, "ct.user", "alice");
    check_user(r#""type":"IAMUser","onBehalfOf":{"userId":"u"}"#, "ct.user", None);
    check_user(r#""type":"AWSService","invokedBy":"ec2"}"#, "ct.user", "ec2");
    check_user(r#""type":"AWSAccount""#, "ct.user", "AWSAccount");
    check_user(r#""type":"FederatedUser","userName":"x""#, "ct.user", "FederatedUser");
    check_user(r#""type":"AssumedRole","sessionContext":{"sessionIssuer":{"userName":"Role"}}"#, "ct.user", "Role");
    check_user(r#""type":"AssumedRole","sessionContext":{}"#, "ct.user", "AssumedRole");
    check_user(r#""type":"IAMUser","userName":"alice""#, "ct.originaluser", "alice");
    check_user(r#""type":"AssumedRole","userName":"x""#, "ct.originaluser", None);
    check_user(
        r#""type":"AssumedRole","arn":"a:assumed-role/Role/session","principalId":"A:b""#,
        "ct.originaluser",
        "session",
    );
    check_user(r#""type":"AssumedRole","arn":"a:assumed-role/Role","principalId":"A:b""#, "ct.originaluser", "b");
    check_user(r#""type":"AssumedRole","arn":"a:assumed-role/p/Role/s","principalId":"A:b""#, "ct.originaluser", "b");
    check_user(r#""type":"AssumedRole","arn":["a/b/c"],"principalId":"A:b:c""#, "ct.originaluser", None);
}

#[test]
fn raw_json() {
    check(r#""requestParameters":{"a":1.0,"b":"\u0041"}"#, "ct.request", r#"{"a":1.0,"b":"\u0041"}"#);
    check("\"requestParameters\":{ \"a\" : [ 1,\n\t2 ] , \"b c\":\" \" }", "ct.request", r#"{"a":[1,2],"b c":" "}"#);
    check(r#""requestParameters":{}"#, "ct.request", "{}");
    check(r#""requestParameters":"\u0041""#, "ct.request", r#""\u0041""#);
    check(r#""responseElements":5"#, "ct.response", "5");
    check(r#""resources":[{"ARN":"a"},{"ARN":"b"}]"#, "ct.resources", r#"{"ARN":"a"},{"ARN":"b"}"#);
    check(r#""resources":[ {"ARN": "a"} , 1 ]"#, "ct.resources", r#"{"ARN":"a"},1"#);
    check(r#""resources":[]"#, "ct.resources", None);
    check(r#""resources":[ ]"#, "ct.resources", None);
    check(r#""resources":{"a":1}"#, "ct.resources", None);
}

#[test]
fn flags() {
    for (member, name) in [
        ("readOnly", "ct.readonly"),
        ("managementEvent", "ct.managementevent"),
        ("sessionCredentialFromConsole", "ct.sessioncredentialfromconsole"),
    ] {
        check(&format!(r#""{member}":true"#), name, "true");
        check(&format!(r#""{member}":false"#), name, "false");
        check(&format!(r#""{member}":"true""#), name, "false");
        check(&format!(r#""{member}":1"#), name, "false");
        check("", name, None);
        check(&format!(r#""{member}":null"#), name, None);
    }
}

#[test]
fn s3() {
    check_request(r#""bucketName":"b","key":"k/1""#, "s3.uri", "s3://b/k/1");
    check_request(r#""bucketName":"b""#, "s3.uri", None);
    check_request(r#""bucketName":"b","key":5"#, "s3.uri", None);
    let bytes = r#""additionalEventData":{"bytesTransferredIn":12.9,"bytesTransferredOut":1e3}"#;
    check(bytes, "s3.bytes", "1012");
    check(bytes, "s3.bytes.in", "12");
    check(bytes, "s3.bytes.out", "1000");
    check(r#""additionalEventData":{"bytesTransferredIn":"12"}"#, "s3.bytes", "0");
    check(r#""additionalEventData":{}"#, "s3.bytes", None);
}

#[test]
fn instances() {
    let items = |items: &str| {
        format!(r#""responseElements":{{"instancesSet":{{"items":{items}}}}},"requestParameters":{{"imageId":"r"}}"#)
    };
    let two = items(r#"[{"imageId":"ami-1"}, null, {"x":{"imageId":"no"},"imageId":""}, {"imageId":"ami-2"}]"#);
    check(&two, "ec2.imageids", "ami-1|ami-2");
    check(&two, "ec2.imageids[0]", "ami-1");
    check(&two, "ec2.imageids[1]", None);
    check(&two, "ec2.imageids[2]", "");
    check(&two, "ec2.imageids[3]", "ami-2");
    check(&two, "ec2.imageids[4]", None);
    check(&two, "ec2.imageids[18446744073709551615]", None);
    check(&two, "ec2.imageid", "ami-1");
    check(&items("[]"), "ec2.imageids", None);
    check(&items(r#"{"imageId":"x"}"#), "ec2.imageids", None);
    check(&items("null"), "ec2.imageids", "r");
    check_request(r#""imageId":"r""#, "ec2.imageids", "r");
    check_request(r#""imageId":"r""#, "ec2.imageids[0]", "r");
    check_request(r#""imageId":"r""#, "ec2.imageids[1]", None);
    check_request(r#""launchSpecification":{"imageId":"l"}"#, "ec2.imageid", "l");

    let tags = |items: &str| format!(r#""tagSpecificationSet":{{"items":{items}}}"#);
    let named =
        |name: &str| format!(r#"{{"resourceType":"instance","tags":[{{"key":"x"}},{{"key":"Name","value":{name}}}]}}"#);
    check_request(&tags(&format!("[{}]", named(r#""web""#))), "ec2.name", "web");
    check_request(&tags(&format!("[{},{}]", named(r#""a""#), named(r#""b""#))), "ec2.name", "b");
    check_request(&tags(&format!("[{},{}]", named(r#""a""#), named("5"))), "ec2.name", None);
    check_request(&tags(r#"[{"resourceType":"volume","tags":[{"key":"Name","value":"v"}]}]"#), "ec2.name", None);
    check_request(&tags("[]"), "ec2.name", None);
}

#[test]
fn difference_1_document_name() {
    check_request(r#""documentName":"d""#, "ct.request.documentname", "d");
}

#[test]
fn difference_2_null_is_absent_and_others_are_json() {
    for name in ["ct.request", "ct.request.name"] {
        check(r#""requestParameters":null"#, name, None);
    }
    check(r#""userAgent":null"#, "ct.useragent", None);
    check(r#""userAgent":1.50"#, "ct.useragent", "1.50");
    check(r#""userAgent":true"#, "ct.useragent", "true");
    check(r#""userAgent":{"a": [1, 2]}"#, "ct.useragent", r#"{"a":[1,2]}"#);
    check(r#""userAgent":"""#, "ct.useragent", "");
    check(r#""userIdentity":{"accountId":null},"recipientAccountId":"2""#, "ct.user.accountid", "2");
    check(r#""additionalEventData":{"bytesTransferredIn":null}"#, "s3.bytes", None);
    check_user(
        r#""type":"AssumedRole","sessionContext":{"sessionIssuer":{"userName":null}}"#,
        "ct.user",
        "AssumedRole",
    );
}

#[test]
fn difference_3_operations_are_always_present() {
    for (name, values) in [
        (r#""eventName":"GetObject""#, ["1", "0", "0"]),
        (r#""eventName":"PutObject""#, ["0", "1", "0"]),
        (r#""eventName":"ListBuckets""#, ["0", "0", "1"]),
        ("", ["0", "0", "1"]),
    ] {
        for (field, value) in ["s3.cnt.get", "s3.cnt.put", "s3.cnt.other"].into_iter().zip(values) {
            check(name, field, value);
        }
    }
}

#[test]
fn difference_4_read_only_by_name() {
    check(r#""eventName":"DescribeInstances""#, "ct.readonly", "true");
    check(r#""eventName":"putObject""#, "ct.readonly", "true");
    for verb in super::basics::CHANGES {
        check(&format!(r#""eventName":"{verb}It""#), "ct.readonly", "false");
    }
    check(r#""eventName":"RunInstances","readOnly":null"#, "ct.readonly", "false");
}

#[test]
fn difference_5_management_by_type() {
    for of_type in ["AwsApiCall", "AwsConsoleAction", "AwsConsoleSignIn", "AwsServiceEvent"] {
        check(&format!(r#""eventType":"{of_type}""#), "ct.managementevent", "true");
    }
    check(r#""eventType":"AwsVpceEvent""#, "ct.managementevent", "false");
}

#[test]
fn difference_6_policy_and_subnet_elsewhere() {
    check_request(r#""policy":"p","bucketPolicy":{"a":1}"#, "ct.request.policy", "p");
    check_request(r#""policy":"","bucketPolicy":{"a": 1}"#, "ct.request.policy", r#"{"a":1}"#);
    check_request(r#""bucketPolicy":"b""#, "ct.request.policy", "b");
    check_request(r#""policy":"""#, "ct.request.policy", "");
    let instances = r#""instancesSet":{"items":[{"subnetId":"s-1"},{"subnetId":"s-2"}]}"#;
    check(&format!(r#""responseElements":{{{instances}}}"#), "ct.response.subnetid", "s-1");
    check(&format!(r#""responseElements":{{"subnetId":"s",{instances}}}"#), "ct.response.subnetid", "s");
}

#[test]
fn difference_7_users_of_other_types() {
    check_user(r#""type":"IdentityCenterUser","onBehalfOf":{"userId":"u-1"}"#, "ct.user", "u-1");
    check_user(r#""type":"SAMLUser","userName":"s","onBehalfOf":{"userId":"u-1"}"#, "ct.user", "s");
    check_user(r#""userName":"s""#, "ct.user", "s");
    check_user(r#""type":"Unknown""#, "ct.user", None);
}

const EVENT: &str =
    r#""eventSource":"s3.amazonaws.com","awsRegion":"eu-west-1","userIdentity":{"type":"IAMUser","userName":"alice"}"#;

#[test]
fn info() {
    let check = |members: &str, expect: &'static str| check(&format!("{EVENT},{members}"), "ct.info", expect);
    check(r#""sourceIPAddress":"::1","eventName":"A""#, "alice via ::1 ← A");
    check(r#""sourceIPAddress":"alice","eventName":"A""#, "alice ← A");
    check(r#""sourceIPAddress":"::1","eventName":"A","errorCode":"x","readOnly":false"#, "alice via ::1 !→ A");
    check(
        r#""eventName":"A","errorCode":null,"requestParameters":{"bucketName":"b","key":"k"}"#,
        "alice ← A URI=s3://b/k",
    );
    check(r#""eventName":"A","requestParameters":{"bucketName":"b","Host":"h"}"#, "alice ← A Bucket=b");
    check(r#""eventName":"A","requestParameters":{"key":"k","Host":"h"}"#, "alice ← A Key=k");
    check(r#""eventName":"A","requestParameters":{"Host":"h"}"#, "alice ← A Host=h");
    check(r#""eventName":"A","additionalEventData":{"bytesTransferredIn":5}"#, "alice ← A Size=5");
    check("\"x\":1", "<invalid cloudtrail event: eventName field missing>");
    super::tests::check(r#""eventName":"A""#, "ct.info", "<invalid cloudtrail event: userIdentity field missing>");
}

#[test]
fn difference_8_access_block_and_missing_address() {
    let members = r#""eventName":"PutBucketPublicAccessBlock","requestParameters":{"bucketName":"b","PublicAccessBlockConfiguration":"#;
    let flags = r#"{"BlockPublicAcls":true,"BlockPublicPolicy":false,"RestrictPublicBuckets":"true"}}"#;
    let info = "alice → PutBucketPublicAccessBlock BlockPublicAcls=true BlockPublicPolicy=false IgnorePublicAcls=false RestrictPublicBuckets=false ";
    check(&format!("{EVENT},{members}{flags}"), "ct.info", info);
    check(&format!("{EVENT},{members}null}}"), "ct.info", "alice → PutBucketPublicAccessBlock");
    check(&format!(r#"{EVENT},"eventName":"A""#), "ct.info", "alice ← A");
}

#[test]
fn difference_9_session_of_an_arn_with_a_path() {
    check_user(r#""type":"AssumedRole","arn":"a:assumed-role/p/Role/s","principalId":"A""#, "ct.originaluser", "s");
}

#[test]
fn difference_10_nul_is_dropped() {
    check(r#""eventID":"a\u0000b""#, "ct.id", "ab");
    check("\"eventID\":\"a\0b\"", "ct.id", "ab");
    check("\"requestParameters\":{\"a\":\"\0b\\u0000\"\0}", "ct.request", r#"{"a":"b\u0000"}"#);
    check_request(r#""bucketName":"\u0000b","key":"k\u0000""#, "s3.uri", "s3://b/k");
}

#[test]
fn difference_11_byte_counts_saturate() {
    let bytes =
        |count: &str| format!(r#""additionalEventData":{{"bytesTransferredIn":{count},"bytesTransferredOut":1}}"#);
    for (count, both) in [
        ("-5", "1"),
        ("-0.5", "1"),
        ("1e400", "18446744073709551615"),
        ("18446744073709551615", "18446744073709551615"),
        ("18446744073709551614", "18446744073709551615"),
        ("99999999999999999999", "18446744073709551615"),
    ] {
        check(&bytes(count), "s3.bytes", both);
    }
}

/// Returns the line of a record, or the reason why it has none.
fn line(record: &str) -> String {
    let mut line = Vec::new();
    let line = Scratch::new().record(record.as_bytes(), None).info(&mut line).map(|()| line);
    line.map_or_else(|error| error.to_string(), |line| String::from_utf8(line).unwrap())
}

#[test]
fn lines() {
    #[track_caller]
    fn check(record: &str, expect: &str) {
        assert_eq!(line(record), expect, "{record}");
    }
    check(&format!(r#"{{{EVENT},"eventName":"A","sourceIPAddress":"::1"}}"#), "eu-west-1 alice s3 A alice via ::1 ← A");
    let event = r#""eventSource":"s","awsRegion":"r","eventName":"A""#;
    let invalid = "<invalid cloudtrail event: userIdentity field missing>";
    check(&format!("{{{event}}}"), &format!("r s A {invalid}"));
    check(&format!(r#"{{{event},"userIdentity":{{"type":"Root"}}}}"#), &format!("r<NA> s A {invalid}"));
    check(&format!(r#"{{{event},"userIdentity":{{"type":"X"}}}}"#), &format!("r<unknown user type> s A {invalid}"));
    check(&format!(r#"{{{event},"userIdentity":{{"type":"Root","userName":""}}}}"#), "r s A  ← A");
    check("{}", "<invalid JSON: event did not contain a source>");
    check(r#"{"eventSource":1}"#, "<invalid JSON: event did not contain a source>");
    check(r#"{"eventSource":"s"}"#, "<invalid JSON: event did not contain an awsRegion>");
    check(
        r#"{"eventSource":"s","awsRegion":"r","eventName":null}"#,
        "<invalid JSON: event did not contain an eventName>",
    );
}

#[test]
fn skipped_records() {
    #[track_caller]
    fn check(record: &str, expect: Result<u64, Skip>) {
        assert_eq!(Scratch::new().record(record.as_bytes(), None).time_if_emitted(), expect, "{record}");
    }
    let time = r#""eventTime":"1970-01-01T00:00:01Z""#;
    check(&format!(r#"{{{time},"eventType":""}}"#), Ok(1_000_000_000));
    check(&format!(r#"{{{time},"eventType":"AwsCloudTrailInsight"}}"#), Err(Skip::Insight));
    check(&format!(r#"{{{time},"eventType":null}}"#), Err(Skip::NoType));
    check(&format!("{{{time}}}"), Err(Skip::NoType));
    check(r#"{"eventTime":5,"eventType":""}"#, Err(Skip::NoTime));
    check(r#"{"eventType":""}"#, Err(Skip::NoTime));
    check(r#"{"eventTime":"1950-01-01T00:00:01Z","eventType":""}"#, Err(Skip::BadTime));
    check(r#"{"eventT\u0069me":"1970-01-01T00:00:01\u005a","eventType":""}"#, Ok(1_000_000_000));
}

#[test]
fn broken_records() {
    for record in [
        "",
        "{",
        "[",
        "\"",
        "x",
        "{\"eventID",
        "{\"eventID\"",
        "{\"eventID\":",
        "{\"eventID\":\"a",
        "{\"eventID\":1",
        "{\"eventID\":tru}",
        "{\"eventID\":}",
        "[{\"eventID\":\"a\"}]",
        ":",
        "{:",
        "}{\"eventID\":\"a\"}",
        "{\"eventID\":{\"a\":1",
    ] {
        assert_eq!(ask(record, "ct.id"), None, "{record}");
    }
    assert_eq!(ask("{\"eventID\":\"a\"", "ct.id").as_deref(), Some("a"));
    assert_eq!(ask("\0 {\"eventID\":\"a\"}\0\0", "ct.id").as_deref(), Some("a"), "padding, as the original trims it");
}

#[test]
fn deep_nesting() {
    let deep = 200_000;
    let record = format!(
        r#"{{"x":{}{},"eventID":"a","requestParameters":{}{}}}"#,
        "[".repeat(deep),
        "]".repeat(deep),
        "{\"a\":".repeat(deep),
        "}".repeat(deep)
    );
    assert_eq!(ask(&record, "ct.id").as_deref(), Some("a"));
    assert_eq!(ask(&record, "ct.request").map(|text| text.len()), Some(6 * deep));
}

#[test]
fn records_do_not_get_into_logs() {
    let mut scratch = Scratch::new();
    let mut event = scratch.record(br#"{"eventID":"secret"}"#, None);
    let value = event.get(field("ct.id").expect("a field"), None);
    assert_eq!(format!("{event:?} {value:?}"), "Record(20 bytes) Some(Text(Text(6 bytes, at Some(12))))");
}

#[test]
fn fields_that_the_original_does_not_have() {
    check(r#""responseElements":{"ConsoleLogin":"Success"}"#, "ct.response.consolelogin", "Success");
    check(r#""responseElements":null"#, "ct.response.consolelogin", None);
    check(r#""additionalEventData":{"MFAUsed":"No"}"#, "ct.additionaleventdata.mfaused", "No");
    let block = r#""PublicAccessBlockConfiguration":{"BlockPublicAcls":true,"BlockPublicPolicy":false,"IgnorePublicAcls":"true"}"#;
    check_request(block, "ct.request.publicaccessblock.blockpublicacls", "true");
    check_request(block, "ct.request.publicaccessblock.blockpublicpolicy", "false");
    check_request(block, "ct.request.publicaccessblock.ignorepublicacls", "true");
    check_request(block, "ct.request.publicaccessblock.restrictpublicbuckets", None);
    let role = r#""type":"AssumedRole","arn":"arn:aws:sts::123456789012:assumed-role/admin/alice","userName":"x""#;
    check_user(role, "ct.user.sessionname", "alice");
    check_user(r#""type":"AssumedRole","principalId":"AROA:bob""#, "ct.user.sessionname", "bob");
    check_user(
        r#""type":"IAMUser","userName":"carol","arn":"arn:aws:iam::1:user/a/carol""#,
        "ct.user.sessionname",
        None,
    );
    check_user(r#""onBehalfOf":{"userId":"u-1"}"#, "ct.user.onbehalfof", "u-1");
    check_user(r#""type":"Root","invokedBy":"support.amazonaws.com""#, "ct.user.invokedby", "support.amazonaws.com");
    check_user(r#""type":"Root""#, "ct.user.invokedby", None);
    for root in ["true", "\"true\""] {
        check_user(&format!(r#""sessionContext":{{"assumedRoot":{root}}}"#), "ct.user.assumedroot", "true");
    }
    check_user(r#""sessionContext":{}"#, "ct.user.assumedroot", None);
    check(r#""eventVersion":"1.11""#, "ct.eventversion", "1.11");
    check(r#""vpcEndpointAccountId":"123456789012""#, "ct.vpcendpointaccountid", "123456789012");
}
