//! Failures between the program and AWS.

use super::{MOTO, World, found, ids, ingest_through};
use crate::common::stderr;
use stand_ins::proxy::{Fault, Proxy, Rule};
use std::collections::BTreeSet;

/// Objects of the bucket, and messages of each queue.
const OBJECTS: usize = 4;

struct Case<'c> {
    what: &'c str,
    rules: Vec<Rule>,
    code: i32,
    /// The objects whose records do not come out.
    missing: &'c [usize],
    /// The messages on stderr.
    said: &'c [&'c str],
}

fn proxy(world: &World) -> Proxy {
    world.runtime.block_on(Proxy::start(&MOTO.endpoint())).unwrap()
}

fn check(proxy: &Proxy, source: &[&str], case: Case<'_>) {
    let Case { what, rules, code, missing, said } = case;
    proxy.reset();
    rules.into_iter().for_each(|rule| proxy.order(rule));
    let output = ingest_through(&proxy.endpoint(), source).output().unwrap();
    let log = stderr(&output);
    assert_eq!(output.status.code(), Some(code), "{what}: {log}");
    let expected: BTreeSet<_> = (0..OBJECTS).filter(|number| !missing.contains(number)).flat_map(ids).collect();
    let found = found(&output);
    assert_eq!(found.iter().cloned().collect::<BTreeSet<_>>(), expected, "{what}: {log}");
    assert_eq!(found.len(), expected.len(), "{what}: once each");
    for text in said {
        assert!(log.contains(text), "{what}: {text:?} is not in {log}");
    }
}

#[test]
fn a_bucket_with_faults_is_read_whole_or_it_is_said_what_is_missing() {
    let world = World::new("ingest-faults");
    let keys: Vec<_> = (0..OBJECTS).map(|number| world.log(number)).collect();
    let proxy = proxy(&world);
    let (get, list) = (|fault| Rule::on("GetObject", fault), |fault| Rule::on("ListObjectsV2", fault));
    let second = |fault| vec![get(fault).about(&keys[1])];
    let name = format!("file=s3://ingest-faults/{} ", keys[1]);
    let all: Vec<_> = (0..OBJECTS).collect();
    let elsewhere = [Fault::moved_to("eu-west-1"), Fault::access_denied()];
    let elsewhere = elsewhere.into_iter().zip(["/eu-west-1/s3/", "x-amz-request-payer: requester"]);
    let elsewhere: Vec<_> =
        elsewhere.flat_map(|(fault, unless)| [get(fault.clone()).unless(unless), list(fault).unless(unless)]).collect();
    let cases = [
        Case {
            what: "slow down",
            rules: vec![get(Fault::slow_down()).times(3)],
            code: 0,
            missing: &[],
            said: &["done"],
        },
        Case {
            what: "reset",
            rules: vec![get(Fault::ResetAfter(50)).times(2)],
            code: 0,
            missing: &[],
            said: &["done"],
        },
        Case { what: "cut", rules: vec![get(Fault::CutAfter(50)).times(2)], code: 0, missing: &[], said: &["done"] },
        Case {
            what: "expired",
            rules: vec![list(Fault::expired_token()).times(2)],
            code: 0,
            missing: &[],
            said: &["done"],
        },
        Case {
            what: "elsewhere",
            rules: elsewhere,
            code: 0,
            missing: &[],
            said: &["the bucket is one whose requester pays"],
        },
        Case {
            what: "denied",
            rules: second(Fault::access_denied()),
            code: 3,
            missing: &[1],
            said: &[&name, "s3:GetObject on the object is needed"],
        },
        Case {
            what: "key",
            rules: second(Fault::kms_denied()),
            code: 3,
            missing: &[1],
            said: &[&name, "kms:Decrypt on the key that the object is encrypted with is needed"],
        },
        Case {
            what: "glacier",
            rules: second(Fault::archived()),
            code: 3,
            missing: &[1],
            said: &[&name, "restore it first"],
        },
        Case {
            what: "no listing",
            rules: vec![list(Fault::access_denied())],
            code: 1,
            missing: &all,
            said: &["listing s3://ingest-faults/", "s3:ListBucket on the bucket is needed"],
        },
        Case {
            what: "no bucket",
            rules: vec![list(Fault::no_such_bucket())],
            code: 1,
            missing: &all,
            said: &["there is no such bucket"],
        },
        Case {
            what: "no credentials",
            rules: vec![list(Fault::unknown_access_key())],
            code: 1,
            missing: &all,
            said: &["no valid credentials: set AWS_ACCESS_KEY_ID"],
        },
    ];
    for case in cases {
        check(&proxy, &["s3://ingest-faults"], case);
    }
}

#[test]
fn a_queue_with_faults_is_read_whole_or_it_is_said_what_is_missing() {
    let world = World::new("ingest-queue-faults");
    let keys: Vec<_> = (0..OBJECTS).map(|number| world.log(number)).collect();
    let proxy = proxy(&world);
    let all: Vec<_> = (0..OBJECTS).collect();
    let receive = |fault| vec![Rule::on("ReceiveMessage", fault)];
    // Each case, and how many messages are in the queue afterwards.
    let cases = [
        (
            0,
            Case {
                what: "throttled, and an object late",
                rules: vec![
                    Rule::on("ReceiveMessage", Fault::throttled()).times(2),
                    Rule::on("DeleteMessageBatch", Fault::throttled()).times(2),
                    Rule::on("GetObject", Fault::slow_down()).times(3),
                ],
                code: 0,
                missing: &[],
                said: &["no messages can be received; trying again", "ThrottlingException: Rate exceeded"],
            },
        ),
        (
            0,
            Case {
                what: "expired",
                rules: vec![Rule::on("ReceiveMessage", Fault::expired_token_of_sqs()).times(2)],
                code: 0,
                missing: &[],
                said: &["the credentials have expired: renew them"],
            },
        ),
        (
            1,
            Case {
                what: "denied",
                rules: vec![Rule::on("GetObject", Fault::access_denied()).about(&keys[2])],
                code: 3,
                missing: &[2],
                said: &["s3:GetObject on the object is needed"],
            },
        ),
        (
            1,
            Case {
                what: "not modified",
                rules: vec![Rule::on("GetObject", Fault::not_modified()).about(&keys[2])],
                code: 3,
                missing: &[2],
                said: &["304 says that the object is known"],
            },
        ),
        (
            OBJECTS,
            Case {
                what: "no deletion",
                rules: vec![Rule::on("DeleteMessageBatch", Fault::access_to_queue_denied())],
                code: 3,
                missing: &[],
                said: &["sqs:DeleteMessage on the queue is needed", "cannot be deleted and will come back"],
            },
        ),
        (
            OBJECTS,
            Case {
                what: "no receiving",
                rules: receive(Fault::access_to_queue_denied()),
                code: 1,
                missing: &all,
                said: &["sqs:ReceiveMessage on the queue is needed"],
            },
        ),
        (
            OBJECTS,
            Case {
                what: "key",
                rules: receive(Fault::kms_of_queue_denied()),
                code: 1,
                missing: &all,
                said: &["kms:Decrypt on the key that the queue is encrypted with is needed"],
            },
        ),
        (
            OBJECTS,
            Case {
                what: "no queue",
                rules: vec![Rule::on("GetQueueUrl", Fault::queue_does_not_exist())],
                code: 1,
                missing: &all,
                said: &["there is no such queue in this region and account"],
            },
        ),
    ];
    for (left, case) in cases {
        // A new queue each time: messages that are left stay hidden for a while.
        let url = world.queue(60);
        keys.iter().for_each(|key| world.send(&url, key));
        let what = case.what;
        check(&proxy, &["sqs://ingest-queue-faults", "--until-idle", "1"], case);
        assert_eq!(world.messages(&url) as usize, left, "{what}");
        world.runtime.block_on(world.sqs.delete_queue().queue_url(&url).send()).unwrap();
    }
}
