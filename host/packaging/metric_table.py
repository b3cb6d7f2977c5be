# SPDX-License-Identifier: Apache-2.0
"""The table of metrics as host/src/core/admin/metric_table.cpp has it.

    for metric in read_table(): print(metric.name, metric.kind, metric.labels)
"""
import collections
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCE = ROOT / "host/src/core/admin/metric_table.cpp"

Metric = collections.namedtuple("Metric", "name kind labels group help")


def read_table(source=SOURCE):
    text = pathlib.Path(source).read_text()
    body = text.partition("kTable[] = {")[2].partition("\n};")[0]
    rows = re.findall(r'\{"(\w+)", (\w+), "([\w,]*)", "([^"]+)", "([^"]+)"\}', body)
    assert rows and len(rows) == body.count("{"), "metric_table.cpp is written in another way"
    return [Metric(name, kind.lower(), labels.split(",") if labels else [], group, text)
            for name, kind, labels, group, text in rows]


def series(metric):
    """The names that a query may use."""
    if metric.kind == "histogram":
        return {metric.name + suffix for suffix in ("_bucket", "_sum", "_count")}
    if metric.kind == "summary":
        return {metric.name + suffix for suffix in ("_sum", "_count")}
    return {metric.name}


def unknown_names(text, table):
    """Names in a query or a file of queries that no metric of the table gives, and labels that no metric has."""
    known = set().union(*(series(metric) for metric in table))
    labels = set().union(*(metric.labels for metric in table)) | {"le", "job", "instance"}
    names = set(re.findall(r"\b(?:shunt|process)_\w+", text)) - known
    used = set()
    for group in re.findall(r"\{([^{}]*)\}", text):
        used |= set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", group))
    for group in re.findall(r"\bby \(([^)]*)\)", text):
        used |= {label.strip() for label in group.split(",")}
    return names | (used - labels)
