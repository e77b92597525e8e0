"""The least-privilege IAM policy, generated from the listings, so that it cannot drift from what is called."""

from __future__ import annotations

import json
from collections.abc import Sequence

from siloscope.collectors.base import Listing
from siloscope.collectors.clients.boto_calls import Boto


def policy(listings: Sequence[Listing], *, accounts: bool = False) -> str:
    """An IAM policy document (JSON) that allows the calls of `listings`, their details, and no more.

    `accounts` adds what a scan of several accounts needs from where it starts: to list the organisation's
    accounts and to assume the role in each. Format: IAM JSON policy elements, version 2012-10-17.
    """
    actions = {"sts:GetCallerIdentity"}
    for each in listings:
        if isinstance(each.call, Boto):
            actions.update(each.call.permissions)
    if accounts:
        actions |= {"organizations:ListAccounts", "sts:AssumeRole"}
    statement = {"Sid": "Siloscope", "Effect": "Allow", "Action": sorted(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)
