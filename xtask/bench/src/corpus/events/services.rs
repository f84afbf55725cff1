//! Logs, metrics, queues, secrets, parameters, configuration.

use super::{Event, Kind, NOTHING};

pub(super) const EVENTS: &[Event] = &[
    Event {
        weight: 35,
        service: "logs",
        name: "CreateLogStream",
        read_only: false,
        request: r#"{"logGroupName":"${loggroup}","logStreamName":"2024/03/14/[$LATEST]${hex:32}"}"#,
        ..NOTHING
    },
    Event {
        weight: 12,
        service: "logs",
        name: "DescribeLogGroups",
        request: r#"{"logGroupNamePrefix":"${loggroup}","limit":50}"#,
        ..NOTHING
    },
    Event {
        weight: 8,
        service: "logs",
        name: "StartQuery",
        request: r#"{"logGroupName":"${loggroup}","startTime":${epoch},"endTime":${epoch},"queryString":"fields @timestamp, @message | filter @message like /(?i)error|\\d{3}/ and path = \"/${word}\" | sort @timestamp desc | limit ${int:100}"}"#,
        response: r#"{"queryId":"${uuid}"}"#,
        ..NOTHING
    },
    Event {
        weight: 25,
        service: "monitoring",
        name: "GetMetricData",
        request: r#"{"startTime":"${date}","endTime":"${date}","metricDataQueries":[${many:metric:6}],"scanBy":"TimestampDescending"}"#,
        ..NOTHING
    },
    Event {
        weight: 15,
        service: "monitoring",
        name: "PutMetricAlarm",
        read_only: false,
        request: r#"{"alarmName":"TargetTracking-table/${table}-AlarmHigh-${uuid}","alarmDescription":"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy","actionsEnabled":true,"alarmActions":["arn:aws:autoscaling:${region}:${account}:scalingPolicy:${uuid}"],"metricName":"ConsumedReadCapacityUnits","namespace":"AWS/DynamoDB","statistic":"Sum","dimensions":[{"name":"TableName","value":"${table}"}],"period":60,"evaluationPeriods":2,"threshold":${int:900}.0,"comparisonOperator":"GreaterThanThreshold"}"#,
        ..NOTHING
    },
    Event {
        weight: 25,
        service: "sqs",
        name: "SendMessage",
        read_only: false,
        kind: Kind::Data,
        request: r#"{"queueUrl":"https://sqs.${region}.amazonaws.com/${account}/${queue}","messageBody":"HIDDEN_DUE_TO_SECURITY_REASONS","delaySeconds":${int:30},"messageAttributes":{}}"#,
        response: r#"{"mD5OfMessageBody":"HIDDEN_DUE_TO_SECURITY_REASONS","messageId":"${uuid}"}"#,
        resources: r#"[{"accountId":"${account}","type":"AWS::SQS::Queue","ARN":"arn:aws:sqs:${region}:${account}:${queue}"}]"#,
        ..NOTHING
    },
    Event {
        weight: 15,
        service: "secretsmanager",
        name: "GetSecretValue",
        request: r#"{"secretId":"arn:aws:secretsmanager:${region}:${account}:secret:${secret}"}"#,
        ..NOTHING
    },
    Event {
        weight: 20,
        service: "ssm",
        name: "GetParameters",
        request: r#"{"names":["/${stage}/${word}/url","/${stage}/${word}/token","/${stage}/${word}/größe"],"withDecryption":true}"#,
        ..NOTHING
    },
    Event {
        weight: 25,
        service: "ssm",
        name: "UpdateInstanceInformation",
        read_only: false,
        request: r#"{"instanceId":"${instance}","agentVersion":"3.2.2303.0","agentStatus":"Active","platformType":"Linux","platformName":"Amazon Linux","platformVersion":"2023","iPAddress":"${address}","computerName":"ip-10-0-${int:250}-${int:250}.${region}.compute.internal","agentName":"amazon-ssm-agent","availabilityZone":"${region}a","availabilityZoneId":"use1-az${int:6}","sSMConnectionChannel":"ssmmessages"}"#,
        ..NOTHING
    },
    Event {
        weight: 4,
        service: "ssm",
        name: "SendCommand",
        read_only: false,
        request: r#"{"instanceIds":["${instance}"],"documentName":"AWS-RunShellScript","parameters":"HIDDEN_DUE_TO_SECURITY_REASONS","interactive":false}"#,
        response: r#"{"command":{"commandId":"${uuid}","documentName":"AWS-RunShellScript","documentVersion":"$DEFAULT","comment":"","expiresAfter":"${date}","parameters":"HIDDEN_DUE_TO_SECURITY_REASONS","instanceIds":["${instance}"],"targets":[],"requestedDateTime":"${date}","status":"Pending","statusDetails":"Pending","outputS3Region":"${region}","outputS3BucketName":"","outputS3KeyPrefix":"","maxConcurrency":"50","maxErrors":"0","targetCount":1,"completedCount":0,"errorCount":0,"deliveryTimedOutCount":0,"serviceRole":"","notificationConfig":{"notificationArn":"","notificationEvents":[],"notificationType":""},"timeoutSeconds":3600}}"#,
        ..NOTHING
    },
    Event {
        weight: 25,
        service: "config",
        name: "PutEvaluations",
        read_only: false,
        request: r#"{"evaluations":[{"complianceResourceType":"AWS::EC2::Instance","complianceResourceId":"${instance}","complianceType":"${one:COMPLIANT|NON_COMPLIANT}","annotation":"${one:|checked|not tagged}","orderingTimestamp":"${date}"}],"resultToken":"${base64:250}","testMode":false}"#,
        response: r#"{"failedEvaluations":[]}"#,
        ..NOTHING
    },
    Event {
        weight: 10,
        service: "elasticloadbalancing",
        name: "DescribeTargetHealth",
        request: r#"{"targetGroupArn":"arn:aws:elasticloadbalancing:${region}:${account}:targetgroup/${cluster}/${hex:16}"}"#,
        ..NOTHING
    },
    Event {
        weight: 10,
        service: "rds",
        name: "DescribeDBInstances",
        request: r#"{"dBInstanceIdentifier":"${cluster}-${int:4}","maxRecords":100}"#,
        ..NOTHING
    },
    Event { weight: 8, service: "eks", name: "DescribeCluster", request: r#"{"name":"${cluster}"}"#, ..NOTHING },
];
