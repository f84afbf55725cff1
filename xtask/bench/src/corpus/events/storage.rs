//! The stores, S3 first: mostly data events.

use super::{Event, Kind, NOTHING};

pub(super) const EVENTS: &[Event] = &[
    Event {
        weight: 190,
        service: "s3",
        name: "GetObject",
        kind: Kind::Data,
        request: r#"{"bucketName":"${bucket}","Host":"${bucket}.s3.${region}.amazonaws.com","key":"${object}"}"#,
        extra: "${s3extra}",
        resources: "${s3resources}",
        ..NOTHING
    },
    Event {
        weight: 110,
        service: "s3",
        name: "PutObject",
        read_only: false,
        kind: Kind::Data,
        request: r#"{"x-amz-acl":"bucket-owner-full-control","bucketName":"${bucket}","Host":"${bucket}.s3.${region}.amazonaws.com","key":"${object}","x-amz-server-side-encryption":"aws:kms"}"#,
        response: r#"{"x-amz-server-side-encryption":"aws:kms","x-amz-server-side-encryption-aws-kms-key-id":"arn:aws:kms:${region}:${account}:key/${key}","x-amz-server-side-encryption-bucket-key-enabled":"true"}"#,
        extra: "${s3extra}",
        resources: "${s3resources}",
    },
    Event {
        weight: 50,
        service: "s3",
        name: "HeadObject",
        kind: Kind::Data,
        request: r#"{"bucketName":"${bucket}","Host":"${bucket}.s3.${region}.amazonaws.com","key":"${object}"}"#,
        extra: "${s3extra}",
        resources: "${s3resources}",
        ..NOTHING
    },
    Event {
        weight: 35,
        service: "s3",
        name: "ListObjects",
        kind: Kind::Data,
        request: r#"{"list-type":"2","bucketName":"${bucket}","encoding-type":"url","prefix":"curated/${word}/","delimiter":"/","max-keys":"1000","Host":"${bucket}.s3.${region}.amazonaws.com"}"#,
        extra: "${s3extra}",
        resources: r#"[{"type":"AWS::S3::Object","ARNPrefix":"arn:aws:s3:::${bucket}/curated/"},{"accountId":"${account}","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::${bucket}"}]"#,
        ..NOTHING
    },
    Event {
        weight: 25,
        service: "s3",
        name: "GetBucketAcl",
        kind: Kind::ByService,
        request: r#"{"bucketName":"${bucket}","Host":"${bucket}.s3.${region}.amazonaws.com","acl":""}"#,
        extra: "${s3extra}",
        resources: "${bucketresource}",
        ..NOTHING
    },
    Event {
        weight: 4,
        service: "s3",
        name: "PutBucketPolicy",
        read_only: false,
        request: r#"{"bucketPolicy":{"Version":"2012-10-17","Statement":[{"Action":"s3:GetBucketAcl","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Resource":"arn:aws:s3:::${bucket}","Sid":"AclCheck"},{"Action":["s3:PutObject"],"Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control"}},"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::${account}:role/${role}"]},"Resource":"arn:aws:s3:::${bucket}/*","Sid":"Write"}]},"bucketName":"${bucket}","Host":"${bucket}.s3.amazonaws.com","policy":""}"#,
        extra: "${s3extra}",
        resources: "${bucketresource}",
        ..NOTHING
    },
    Event {
        weight: 3,
        service: "s3",
        name: "PutBucketPublicAccessBlock",
        read_only: false,
        request: r#"{"publicAccessBlock":"","bucketName":"${bucket}","PublicAccessBlockConfiguration":{"xmlns":"http://s3.amazonaws.com/doc/2006-03-01/","RestrictPublicBuckets":true,"BlockPublicPolicy":true,"BlockPublicAcls":true,"IgnorePublicAcls":true},"Host":"s3.${region}.amazonaws.com"}"#,
        extra: "${s3extra}",
        resources: "${bucketresource}",
        ..NOTHING
    },
    Event {
        weight: 25,
        service: "dynamodb",
        name: "GetItem",
        kind: Kind::Data,
        request: r#"{"tableName":"${table}","key":{"LockID":"${hex:24}"},"consistentRead":true}"#,
        resources: r#"[{"accountId":"${account}","type":"AWS::DynamoDB::Table","ARN":"arn:aws:dynamodb:${region}:${account}:table/${table}"}]"#,
        ..NOTHING
    },
    Event {
        weight: 15,
        service: "dynamodb",
        name: "DescribeTable",
        request: r#"{"tableName":"${table}"}"#,
        resources: r#"[{"accountId":"${account}","type":"AWS::DynamoDB::Table","ARN":"arn:aws:dynamodb:${region}:${account}:table/${table}"}]"#,
        ..NOTHING
    },
];
