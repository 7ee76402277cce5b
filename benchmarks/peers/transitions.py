"""How often each activity follows each in a log of events, by pm4py or retentioneering.

``python transitions.py TOOL FILE``.
"""

import sys

import measured
import pandas as pd


def with_pm4py(frame):
    """Return the directly-follows graph."""
    import pm4py

    graph, _, _ = pm4py.discover_dfg(frame, activity_key="activity", timestamp_key="at", case_id_key="learner_id")
    return sum(graph.values())


def with_retentioneering(frame):
    """Return the matrix of transitions."""
    from retentioneering.eventstream import Eventstream

    schema = {"path_cols": ["learner_id"], "event_col": "activity", "timestamp_col": "at"}
    return Eventstream(frame, schema).transition_graph_data(edge_weight="count").to_numpy().sum()


TOOLS = {"pm4py": with_pm4py, "retentioneering": with_retentioneering}


def main():
    """Read, count, and say what it took."""
    tool, file = sys.argv[1:]
    __import__(tool)
    measured.tell(lambda: TOOLS[tool](pd.read_parquet(file)))


if __name__ == "__main__":
    main()
