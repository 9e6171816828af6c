"""Lints documents: a JSON object of their names and texts on stdin, the findings on stdout.

Policies by parliament, CloudFormation templates by cfn-lint.
"""

import json
import sys

from cfnlint.api import lint
from parliament import analyze_policy_string

findings = {}
for name, text in json.load(sys.stdin).items():
    if name.startswith("cloudformation"):
        found = [f"{match.rule.id} {match.message}" for match in lint(text, regions=["us-east-1"])]
    else:
        policy = json.loads(text)
        if "--trust" in name:
            # Parliament knows no trust policies, which are of the role that they stand in.
            for statement in policy["Statement"]:
                assert "Resource" not in statement
                statement["Resource"] = "arn:aws:iam::123456789012:role/trusting"
        found = [str(finding) for finding in analyze_policy_string(json.dumps(policy)).findings]
    if found:
        findings[name] = found
json.dump(findings, sys.stdout)
