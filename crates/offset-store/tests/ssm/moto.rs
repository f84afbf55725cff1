//! Tests against moto.

use std::{
    path::Path,
    process::Command,
    sync::{Arc, LazyLock},
    time::Duration,
};

use aws_sdk_ssm::{
    Client,
    types::{ParameterTier, ParameterType},
};
use offset_store::{Changes, Feed, MAX_VALUE, Offsets, ParameterName, SsmStore, Store as _, StoreError, Writer};
use stand_ins::moto::Moto;
use tokio::time::sleep;

use crate::{client, offsets};

/// One server for all tests; it ends with the process. Each test uses its own parameter.
static MOTO: LazyLock<Moto> = LazyLock::new(|| Moto::start().unwrap());

struct Ssm {
    client: Client,
    name: &'static str,
    store: SsmStore,
}

fn ssm(name: &'static str) -> Ssm {
    let client = client(&MOTO.endpoint());
    let store = SsmStore::new(client.clone(), ParameterName::new(name).unwrap());
    Ssm { client, name, store }
}

impl Ssm {
    async fn put(&self, value: &str) {
        let put =
            self.client.put_parameter().name(self.name).value(value).r#type(ParameterType::String).overwrite(true);
        put.tier(ParameterTier::Advanced).send().await.unwrap();
    }

    async fn value(&self) -> Option<String> {
        let answer = self.client.get_parameter().name(self.name).send().await;
        match answer {
            Ok(answer) => answer.parameter.unwrap().value,
            Err(error) if error.as_service_error().unwrap().is_parameter_not_found() => None,
            Err(error) => panic!("{error:?}"),
        }
    }

    /// Returns how often the parameter was written.
    async fn version(&self) -> i64 {
        self.client.get_parameter().name(self.name).send().await.unwrap().parameter.unwrap().version
    }
}

#[tokio::test]
async fn a_parameter_that_is_not_there_is_created_by_open_alone() {
    let ssm = ssm("last_seen_offsets");
    assert_eq!(ssm.store.load().await.unwrap(), Offsets::new());
    assert_eq!(ssm.value().await, None);
    assert_eq!(ssm.store.open().await.unwrap(), Offsets::new());
    assert_eq!(ssm.value().await.as_deref(), Some("{}"));
    assert_eq!(ssm.store.open().await.unwrap(), Offsets::new());
    assert_eq!(ssm.version().await, 1, "it is created once");
}

#[tokio::test]
async fn a_feeds_entry_is_removed_and_the_others_are_kept() {
    let ssm = ssm("forgotten");
    ssm.put("{'0': 900000, '1': 7, 'fleet': 5}").await;
    let feed = Feed::of_partition(0);
    let saved = ssm.store.save(&Changes::forget([feed.clone()])).await.unwrap();
    assert_eq!((saved.before.get(&feed), saved.after.get(&feed), saved.raced), (Some(900_000), None, false));
    assert_eq!(ssm.value().await.as_deref(), Some(r#"{"1": 7, "fleet": 5}"#));
    assert_eq!(ssm.store.load().await.unwrap().get(&feed), None);
    // Forgetting a feed without an entry does not write, and a feed that is reported at the same time stays.
    ssm.store.save(&Changes::forget([feed.clone()])).await.unwrap();
    assert_eq!(ssm.version().await, 2);
    let raised = Changes { raise: offsets(&[(0, 3)]), ..Changes::forget([feed]) };
    ssm.store.save(&raised).await.unwrap();
    assert_eq!(ssm.value().await.as_deref(), Some(r#"{"0": 3, "1": 7, "fleet": 5}"#));
}

#[tokio::test]
async fn the_originals_dict_is_read_and_other_feeds_entries_are_kept() {
    let ssm = ssm("dict");
    ssm.put("{'0': 41, '1': 900}").await;
    assert_eq!(ssm.store.open().await.unwrap(), offsets(&[(0, 41), (1, 900)]));
    let saved = ssm.store.save(&Changes::set(offsets(&[(0, 42)]))).await.unwrap();
    assert_eq!(saved.before, offsets(&[(0, 41), (1, 900)]));
    assert!(!saved.raced);
    assert_eq!(ssm.value().await.as_deref(), Some(r#"{"0": 42, "1": 900}"#));
    // Saving the same offsets does not write.
    ssm.store.save(&Changes::set(offsets(&[(0, 42)]))).await.unwrap();
    assert_eq!(ssm.version().await, 2);
}

/// FIG reads with `ast.literal_eval` (`cloudtrail_offset.py:82`).
#[tokio::test]
async fn the_original_can_read_what_is_written() {
    let ssm = ssm("python");
    ssm.store.save(&Changes::set(offsets(&[(0, 42), (10, u64::MAX)]))).await.unwrap();
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/moto/bin/python");
    let code = "import ast, sys; value = ast.literal_eval(sys.argv[1]); print(value.get('0', 0), value['10'])";
    let output = Command::new(python).args(["-I", "-c", code, &ssm.value().await.unwrap()]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "42 18446744073709551615\n", "{output:?}");
}

#[tokio::test]
async fn a_parameter_deleted_meanwhile_is_written_anew() {
    let ssm = ssm("deleted");
    ssm.store.open().await.unwrap();
    ssm.client.delete_parameter().name(ssm.name).send().await.unwrap();
    let saved = ssm.store.save(&Changes::set(offsets(&[(0, 42)]))).await.unwrap();
    assert_eq!((saved.before, saved.raced), (Offsets::new(), false));
    assert_eq!(ssm.value().await.as_deref(), Some(r#"{"0": 42}"#));
}

#[tokio::test]
async fn what_is_not_offsets_is_refused_and_stays_until_it_is_replaced() {
    let ssm = ssm("damaged");
    for damaged in ["[]", "not a dict", "{'0': None}"] {
        ssm.put(damaged).await;
        let errors = [
            ssm.store.open().await.unwrap_err(),
            ssm.store.load().await.unwrap_err(),
            ssm.store.save(&Changes::set(offsets(&[(0, 1)]))).await.unwrap_err(),
        ];
        for error in errors {
            assert!(error.is_unreadable() && !error.is_transient(), "{error}");
            assert!(error.to_string().starts_with("SSM parameter damaged: byte "), "{error}");
        }
        assert_eq!(ssm.value().await.as_deref(), Some(damaged));
    }
    ssm.store.replace(&Offsets::new()).await.unwrap();
    assert_eq!(ssm.store.open().await.unwrap(), Offsets::new());
}

#[tokio::test]
async fn a_value_over_the_limit_names_its_size() {
    let ssm = ssm("long");
    // Thirty long names, and one that uses the remaining characters.
    let name = |length: usize, number: u64| Feed::new(&format!("{number:0>length$}")).unwrap();
    let most: Offsets = (0..30).map(|number| (name(128, number), 1)).chain([(name(39, 0), 1)]).collect();
    assert_eq!(most.to_json().len(), MAX_VALUE);
    ssm.store.save(&Changes::set(most.clone())).await.unwrap();
    // The entries of other feeds count.
    let error = ssm.store.save(&Changes::set(offsets(&[(7, 1)]))).await.unwrap_err();
    let message = "SSM parameter long: the offsets of all feeds take 4104 characters, at most 4096 are allowed";
    assert_eq!(error.to_string(), message);
    assert!(matches!(error, StoreError::TooLarge { .. }) && !error.is_transient());
    assert_eq!(ssm.store.load().await.unwrap(), most);
}

#[tokio::test]
async fn a_secret_is_not_read() {
    let ssm = ssm("secret");
    let put = ssm.client.put_parameter().name(ssm.name).value("{}").r#type(ParameterType::SecureString);
    put.send().await.unwrap();
    let error = ssm.store.open().await.unwrap_err().to_string();
    assert_eq!(error, "SSM parameter secret is a SecureString, and offsets are kept in a String");
}

#[tokio::test]
async fn levels_in_the_name_work() {
    let ssm = ssm("/fig/prod/offsets");
    ssm.store.open().await.unwrap();
    ssm.store.save(&Changes::set(offsets(&[(0, 7)]))).await.unwrap();
    assert_eq!(ssm.store.load().await.unwrap(), offsets(&[(0, 7)]));
    assert_eq!(ssm.value().await.as_deref(), Some(r#"{"0": 7}"#));
}

/// In real time: three seconds with a thousand reports each make at most four writes and one at the end.
#[tokio::test]
async fn the_writer_writes_once_a_second() {
    let ssm = ssm("writer");
    ssm.put("{'5': 900}").await;
    let store = Arc::new(ssm.store.clone());
    let loaded = store.open().await.unwrap();
    let writer = Writer::spawn(store, loaded);
    let reporter = writer.reporter();
    let started = tokio::time::Instant::now();
    let mut offset = 0;
    while started.elapsed() < Duration::from_secs(3) {
        offset += 1;
        reporter.report(&Feed::of_partition(0), offset);
        sleep(Duration::from_millis(1)).await;
    }
    let whole_seconds = i64::try_from(started.elapsed().as_secs()).unwrap();
    let state = writer.close(Duration::from_secs(10)).await.unwrap();
    assert_eq!(ssm.store.load().await.unwrap(), offsets(&[(0, offset), (5, 900)]));
    let written = ssm.version().await - 1;
    assert!((2..=whole_seconds + 2).contains(&written), "{written} writes in {whole_seconds} s");
    assert_eq!(state.writes, u64::try_from(written).unwrap());
}
