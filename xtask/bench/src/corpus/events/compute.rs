//! EC2, Lambda, ECS, ECR, autoscaling.

use super::{Event, Kind, NOTHING};

pub(super) const EVENTS: &[Event] = &[
    Event {
        weight: 75,
        service: "ec2",
        name: "DescribeInstances",
        request: r#"{"instancesSet":{"items":[${many:instanceitem:4}]},"filterSet":{"items":[${many:filter:3}]}}"#,
        ..NOTHING
    },
    Event {
        weight: 25,
        service: "ec2",
        name: "DescribeVolumes",
        request: r#"{"volumeSet":{"items":[{"volumeId":"${volume}"}]},"filterSet":{},"maxResults":500,"nextToken":"${base64:160}"}"#,
        ..NOTHING
    },
    Event {
        weight: 25,
        service: "ec2",
        name: "DescribeSecurityGroups",
        request: r#"{"maxResults":1000,"nextToken":"${base64:160}","securityGroupSet":{},"securityGroupIdSet":{"items":[{"groupId":"${group}"}]},"filterSet":{"items":[${many:filter:2}]}}"#,
        ..NOTHING
    },
    Event {
        weight: 20,
        service: "ec2",
        name: "DescribeNetworkInterfaces",
        request: r#"{"networkInterfaceIdSet":{},"filterSet":{"items":[${many:filter:4}]}}"#,
        ..NOTHING
    },
    Event {
        weight: 5,
        service: "ec2",
        name: "RunInstances",
        read_only: false,
        request: r#"{"instancesSet":{"items":[{"imageId":"${image}","minCount":1,"maxCount":2,"keyName":"${stage}-key"}]},"groupSet":{"items":[{"groupId":"${group}"}]},"userData":"<sensitiveDataRemoved>","instanceType":"${instancetype}","blockDeviceMapping":{},"availabilityZone":"${region}a","monitoring":{"enabled":true},"subnetId":"${subnet}","disableApiTermination":false,"disableApiStop":false,"clientToken":"fleet-${uuid}-0","iamInstanceProfile":{"name":"${role}"},"ebsOptimized":true,"tagSpecificationSet":{"items":[{"resourceType":"instance","tags":[${many:tag:4}]}]}}"#,
        response: r#"{"requestId":"${uuid}","reservationId":"r-0${hex:16}","ownerId":"${account}","groupSet":{},"instancesSet":{"items":[${many:instancestarted:2}]},"requesterId":"${account}"}"#,
        ..NOTHING
    },
    Event {
        weight: 8,
        service: "ec2",
        name: "TerminateInstances",
        read_only: false,
        request: r#"{"instancesSet":{"items":[{"instanceId":"${instance}"}]}}"#,
        response: r#"{"requestId":"${uuid}","instancesSet":{"items":[{"instanceId":"${instance}","currentState":{"code":32,"name":"shutting-down"},"previousState":{"code":16,"name":"running"}}]}}"#,
        ..NOTHING
    },
    Event {
        weight: 8,
        service: "ec2",
        name: "CreateTags",
        read_only: false,
        request: r#"{"resourcesSet":{"items":[{"resourceId":"${instance}"},{"resourceId":"${volume}"}]},"tagSet":{"items":[${many:tag:6}]}}"#,
        response: r#"{"requestId":"${uuid}","_return":true}"#,
        ..NOTHING
    },
    Event {
        weight: 5,
        service: "ec2",
        name: "AuthorizeSecurityGroupIngress",
        read_only: false,
        request: r#"{"groupId":"${group}","ipPermissions":{"items":[{"ipProtocol":"tcp","fromPort":443,"toPort":443,"groups":{},"ipRanges":{"items":[${many:address4:4}]},"ipv6Ranges":{},"prefixListIds":{}}]}}"#,
        response: r#"{"requestId":"${uuid}","_return":true,"securityGroupRuleSet":{"items":[{"groupOwnerId":"${account}","groupId":"${group}","securityGroupRuleId":"sgr-0${hex:16}","isEgress":false,"ipProtocol":"tcp","fromPort":443,"toPort":443,"cidrIpv4":"${address}/32"}]}}"#,
        ..NOTHING
    },
    Event {
        weight: 30,
        service: "lambda",
        name: "Invoke",
        read_only: false,
        kind: Kind::Data,
        request: r#"{"functionName":"arn:aws:lambda:${region}:${account}:function:${function}","invocationType":"RequestResponse"}"#,
        extra: r#"{"customerEniId":"eni-0${hex:16}"}"#,
        resources: r#"[{"accountId":"${account}","type":"AWS::Lambda::Function","ARN":"arn:aws:lambda:${region}:${account}:function:${function}"}]"#,
        ..NOTHING
    },
    Event {
        weight: 12,
        service: "lambda",
        name: "GetFunction20150331v2",
        request: r#"{"functionName":"arn:aws:lambda:${region}:${account}:function:${function}"}"#,
        ..NOTHING
    },
    Event {
        weight: 3,
        service: "lambda",
        name: "UpdateFunctionConfiguration20150331v2",
        read_only: false,
        request: r#"{"functionName":"${function}","environment":{}}"#,
        response: r#"{"functionName":"${function}","functionArn":"arn:aws:lambda:${region}:${account}:function:${function}","runtime":"python3.12","role":"arn:aws:iam::${account}:role/${role}","handler":"app.handler","codeSize":${int:900000},"description":"","timeout":30,"memorySize":512,"lastModified":"${time}","codeSha256":"${base64:43}=","version":"$LATEST","vpcConfig":{"subnetIds":["${subnet}"],"securityGroupIds":["${group}"],"vpcId":"${vpc}"},"environment":{},"tracingConfig":{"mode":"Active"},"revisionId":"${uuid}","layers":[],"state":"Active","packageType":"Zip","architectures":["arm64"],"ephemeralStorage":{"size":512}}"#,
        ..NOTHING
    },
    Event {
        weight: 25,
        service: "ecr",
        name: "BatchGetImage",
        request: r#"{"registryId":"${account}","repositoryName":"${repository}","imageIds":[{"imageTag":"v1.${int:40}.${int:9}"}],"acceptedMediaTypes":["application/vnd.oci.image.index.v1+json","application/vnd.docker.distribution.manifest.v2+json"]}"#,
        resources: r#"[{"accountId":"${account}","ARN":"arn:aws:ecr:${region}:${account}:repository/${repository}"}]"#,
        ..NOTHING
    },
    Event {
        weight: 20,
        service: "ecr",
        name: "GetDownloadUrlForLayer",
        request: r#"{"registryId":"${account}","repositoryName":"${repository}","layerDigest":"sha256:${hex:64}"}"#,
        resources: r#"[{"accountId":"${account}","ARN":"arn:aws:ecr:${region}:${account}:repository/${repository}"}]"#,
        ..NOTHING
    },
    Event {
        weight: 6,
        service: "ecs",
        name: "RegisterTaskDefinition",
        read_only: false,
        request: r#"{"family":"${function}","taskRoleArn":"arn:aws:iam::${account}:role/${role}","networkMode":"awsvpc","containerDefinitions":[{"name":"app","image":"${account}.dkr.ecr.${region}.amazonaws.com/${repository}:v1.${int:40}","cpu":512,"memory":1024,"essential":true,"portMappings":[{"containerPort":8080,"protocol":"tcp"}],"command":["/bin/sh","-c","exec ./${word} --listen 0.0.0.0:8080 --name \"${function}\""],"logConfiguration":{"logDriver":"awslogs","options":{"awslogs-group":"${loggroup}","awslogs-region":"${region}"}}}],"requiresCompatibilities":["FARGATE"]}"#,
        response: r#"{"taskDefinition":{"taskDefinitionArn":"arn:aws:ecs:${region}:${account}:task-definition/${function}:${int:300}","family":"${function}","revision":${int:300},"volumes":[],"status":"ACTIVE","requiresAttributes":[{"name":"com.amazonaws.ecs.capability.logging-driver.awslogs"},{"name":"ecs.capability.execution-role-awslogs"},{"name":"com.amazonaws.ecs.capability.ecr-auth"}],"compatibilities":["EC2","FARGATE"]}}"#,
        ..NOTHING
    },
    Event {
        weight: 10,
        service: "autoscaling",
        name: "DescribeAutoScalingGroups",
        request: r#"{"autoScalingGroupNames":["${cluster}-${hex:8}"],"maxRecords":100}"#,
        ..NOTHING
    },
];
