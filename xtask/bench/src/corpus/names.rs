//! The pools' contents: how many roles, buckets and keys there are, and what they are called.
//!
//! The sizes, together with what is random in each record, decide how well the corpus packs.

/// Pools written out. Some names are not ASCII, as some people's are not.
pub(crate) const FIXED_POOLS: &[(&str, &[&str])] = &[
    (
        "word",
        &[
            "orders", "billing", "search", "ingest", "web", "auth", "reports", "media", "events", "gateway", "catalog",
            "pricing", "shipping", "ledger", "sessions", "profile", "archive", "metrics", "audit", "notify",
        ],
    ),
    ("stage", &["prod", "staging", "dev", "test", "sandbox"]),
    (
        "user",
        &[
            "alice",
            "bob.miller",
            "deploy-bot",
            "ci-runner",
            "Zoë.Müller",
            "carol",
            "terraform",
            "jürgen",
            "backup-svc",
            "山田太郎",
            "dave@example.com",
            "eve",
            "grafana-reader",
            "Łukasz",
            "svc-datadog",
            "mallory",
        ],
    ),
    ("instancetype", &["t3.micro", "m6i.large", "c7g.xlarge", "r6i.2xlarge", "m5.4xlarge", "t4g.small"]),
    (
        "service",
        &[
            "ec2.amazonaws.com",
            "autoscaling.amazonaws.com",
            "lambda.amazonaws.com",
            "config.amazonaws.com",
            "cloudtrail.amazonaws.com",
            "ecs-tasks.amazonaws.com",
            "elasticloadbalancing.amazonaws.com",
            "inspector2.amazonaws.com",
            "guardduty.amazonaws.com",
            "eks.amazonaws.com",
            "rds.amazonaws.com",
        ],
    ),
    (
        "servicerole",
        &[
            "AWSServiceRoleForAutoScaling",
            "AWSServiceRoleForConfig",
            "AWSServiceRoleForAmazonInspector2",
            "AWSServiceRoleForAmazonEKS",
            "AWSServiceRoleForECS",
            "AWSServiceRoleForRDS",
        ],
    ),
    (
        "agent",
        &[
            "aws-sdk-go/1.50.25 (go1.21.7; linux; amd64) amazon-ssm-agent/3.2.2303.0",
            "aws-sdk-rust/1.1.5 ua/2.1 api/sqs#1.14.0 os/linux lang/rust#1.76.0 md/internal app/ingest",
            "kubernetes/v1.28.5-eks-5e0fdde cloud-provider-aws aws-sdk-go/1.44.241 (go1.20.12; linux; amd64)",
            "aws-cli/2.15.24 Python/3.11.8 Linux/6.5.0-1014-aws exe/x86_64.ubuntu.22 prompt/off command/s3.sync",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 Safari/537.36",
            "datadog-agent/7.51.0 aws-sdk-go-v2/1.24.1 os/linux lang/go#1.21.5 md/GOOS#linux md/GOARCH#amd64 api/cloudwatch#1.32.1",
            "[Boto3/1.26.90 Python/3.9.16 Linux/4.14.255-301-238.520.amzn2.x86_64 exec-env/AWS_Lambda_python3.9 Botocore/1.29.90 Resource]",
            "aws-sdk-js/3.523.0 ua/2.1 os/linux#5.10.209-198.812.amzn2.x86_64 lang/js md/nodejs#20.11.1 api/dynamodb#3.523.0 exec-env/AWS_ECS_FARGATE",
            "AWS Internal",
            "Coral/Netty4",
            "S3Console/0.4",
            "console.amazonaws.com",
            "aws-sdk-java/2.20.162 Linux/5.10.205-195.807.amzn2.x86_64 OpenJDK_64-Bit_Server_VM/17.0.10+7-LTS Java/17.0.10 vendor/Amazon.com_Inc. io/sync http/Apache cfg/retry-mode/legacy",
            "[S3Console/0.4, aws-internal/3 aws-sdk-java/1.12.488 Linux/5.4.247-169.350.amzn2int.x86_64 OpenJDK_64-Bit_Server_VM/25.372-b08 java/1.8.0_372 vendor/Oracle_Corporation cfg/retry-mode/standard]",
            "Boto3/1.34.49 md/Botocore#1.34.49 ua/2.0 os/linux#5.10.209-198.858.amzn2.x86_64 md/arch#x86_64 lang/python#3.11.6 md/pyimpl#CPython exec-env/AWS_Lambda_python3.11 cfg/retry-mode#legacy Botocore/1.34.49",
            "APN/1.0 HashiCorp/1.0 Terraform/1.7.4 (+https://www.terraform.io) terraform-provider-aws/5.39.1 (+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.25.2 os/linux lang/go#1.21.7 md/GOOS#linux md/GOARCH#amd64 api/iam#1.31.1",
        ],
    ),
];

/// Pools made up: name, size, template.
pub(crate) const MADE_POOLS: &[(&str, usize, &str)] = &[
    ("bucket", 60, "${stage}-${word}-${one:data|logs|assets|artifacts|backups}-${hex:6}"),
    (
        "object",
        40000,
        "${one:raw|curated|tmp}/${word}/2024/03/${int:28}/part-${int:100}-${hex:16}.${one:parquet|json.gz|snappy|csv|jpg}",
    ),
    ("role", 90, "${stage}-${word}-${one:service|lambda|task|reader|deploy}-role"),
    ("roleid", 90, "AROA${upper:17}"),
    ("userid", 16, "AIDA${upper:17}"),
    ("permanentkey", 24, "AKIA${upper:16}"),
    ("sessionkey", 6000, "ASIA${upper:16}"),
    ("instance", 3000, "i-0${hex:16}"),
    ("session", 4000, "${one:i-0|botocore-session-1|aws-sdk-java-1|session-}${hex:16}"),
    ("volume", 200, "vol-0${hex:16}"),
    ("image", 12, "ami-0${hex:16}"),
    ("subnet", 12, "subnet-0${hex:16}"),
    ("vpc", 4, "vpc-0${hex:16}"),
    ("group", 20, "sg-0${hex:16}"),
    ("endpoint", 5, "vpce-0${hex:16}"),
    ("key", 60, "${uuid}"),
    ("function", 40, "${stage}-${word}-${one:handler|worker|cron|authorizer}"),
    ("table", 20, "${stage}-${word}-${one:items|locks|state}"),
    ("queue", 20, "${stage}-${word}-${one:jobs|dlq|events}"),
    ("repository", 15, "${word}/${word}-${one:api|worker}"),
    ("secret", 60, "${stage}/${word}/${one:db|api-key|token}-${alnum:6}"),
    ("address", 4000, "${one:10.0|10.1|172.31|52.94|18.203|203.0.113}.${int:250}.${int:250}"),
    ("cluster", 6, "${stage}-${word}"),
    ("loggroup", 40, "/aws/${one:lambda|ecs|eks}/${stage}-${word}-${one:handler|worker}"),
];

/// JSON that several events share.
pub(crate) const SNIPPETS: &[(&str, &str)] = &[
    ("instanceitem", r#"{"instanceId":"i-0${hex:16}"}"#),
    (
        "tag",
        r#"{"key":"${one:Name|Team|Env|CostCenter|Owner}","value":"${one:web|search|prod|Größe|4711|平台}-${hex:4}"}"#,
    ),
    (
        "address4",
        r#"{"cidrIp":"${int:223}.${int:250}.${int:250}.0/24","description":"${one:office|vpn \"north\"|partner}"}"#,
    ),
    (
        "metric",
        r#"{"namespace":"AWS/${one:EC2|ApplicationELB|SQS|Lambda}","metricName":"${one:CPUUtilization|RequestCount|Errors}"}"#,
    ),
    (
        "filter",
        r#"{"name":"${one:vpc-id|tag:Name|instance-state-name|subnet-id}","valueSet":{"items":[{"value":"${vpc}"}]}}"#,
    ),
    (
        "networkinterface",
        r#"{"networkInterfaceId":"eni-0${hex:16}","subnetId":"${subnet}","vpcId":"${vpc}","ownerId":"${account}","status":"in-use","macAddress":"06:${hex:2}:${hex:2}:${hex:2}:${hex:2}:${hex:2}","privateIpAddress":"${address}","privateDnsName":"ip-10-0-${int:250}-${int:250}.${region}.compute.internal","sourceDestCheck":true,"interfaceType":"interface","groupSet":{"items":[{"groupId":"${group}","groupName":"${stage}-${word}"}]},"attachment":{"attachmentId":"eni-attach-0${hex:16}","deviceIndex":0,"networkCardIndex":0,"status":"attaching","attachTime":${epoch},"deleteOnTermination":true}}"#,
    ),
    (
        "instancestarted",
        r#"{"instanceId":"i-0${hex:16}","imageId":"${image}","instanceState":{"code":0,"name":"pending"},"privateDnsName":"ip-10-0-${int:250}-${int:250}.${region}.compute.internal","amiLaunchIndex":0,"productCodes":{},"instanceType":"${instancetype}","launchTime":${epoch},"placement":{"availabilityZone":"${region}a","tenancy":"default"},"monitoring":{"state":"pending"},"subnetId":"${subnet}","vpcId":"${vpc}","privateIpAddress":"${address}","stateReason":{"code":"pending","message":"pending"},"architecture":"x86_64","rootDeviceType":"ebs","rootDeviceName":"/dev/xvda","blockDeviceMapping":{},"virtualizationType":"hvm","hypervisor":"xen","tagSet":{"items":[${many:tag:4}]},"clientToken":"fleet-${uuid}-0","groupSet":{"items":[{"groupId":"${group}","groupName":"${stage}-${word}"}]},"sourceDestCheck":true,"networkInterfaceSet":{"items":[${networkinterface}]},"ebsOptimized":true,"enaSupport":true,"cpuOptions":{"coreCount":2,"threadsPerCore":2},"metadataOptions":{"state":"pending","httpTokens":"required","httpPutResponseHopLimit":2,"httpEndpoint":"enabled"}}"#,
    ),
    (
        "policy",
        r#"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"${word}${int:100}\",\"Effect\":\"Allow\",\"Action\":[\"s3:GetObject\",\"s3:PutObject\",\"kms:Decrypt\"],\"Resource\":[\"arn:aws:s3:::${bucket}/*\",\"arn:aws:kms:${region}:${account}:key/${key}\"],\"Condition\":{\"StringEquals\":{\"aws:SourceVpce\":\"${endpoint}\"}}}]}"#,
    ),
    (
        "s3extra",
        r#"{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":${int:90000},"AuthenticationMethod":"AuthHeader","x-amz-id-2":"${base64:75}=","bytesTransferredOut":${int:900000}}"#,
    ),
    (
        "s3resources",
        r#"[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::${bucket}/${object}"},{"accountId":"${account}","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::${bucket}"}]"#,
    ),
    ("bucketresource", r#"[{"accountId":"${account}","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::${bucket}"}]"#),
    (
        "keyresource",
        r#"[{"accountId":"${account}","type":"AWS::KMS::Key","ARN":"arn:aws:kms:${region}:${account}:key/${key}"}]"#,
    ),
    (
        "roleresource",
        r#"[{"accountId":"${account}","type":"AWS::IAM::Role","ARN":"arn:aws:iam::${account}:role/${role}"}]"#,
    ),
];
