"""Judges statements with the in-toto Attestation Framework's own package. Arguments: files."""

import sys

import google.protobuf.json_format as json_format
import in_toto_attestation.v1.statement_pb2 as statement_pb2
from in_toto_attestation.v1.statement import Statement


def judge(text):
    # Unknown fields are an error.
    Statement.copy_from_pb(json_format.Parse(text, statement_pb2.Statement())).validate()


for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        text = file.read()
    judge(text)
    # The judge can say no.
    for bad in (text.replace("Statement/v1", "Statement/v0"), text.replace('"digest"', '"digests"', 1)):
        try:
            judge(bad)
        except (ValueError, json_format.ParseError):
            continue
        sys.exit(f"{path}: the judge accepts what is wrong")
    print(f"{path}: a statement")
