import warnings

import numpy as np

from tasks.engine.python_warnings import MAX_LINES, warnings_in_log


def test_a_warning_is_one_line_of_the_node_s_log_however_often_it_comes(capfd):
    lines = []
    with warnings_in_log(lines.append):
        for size in range(2, 6):
            warnings.warn("Features [2] are constant.", UserWarning, stacklevel=1)
            np.zeros(size) / np.zeros(size)
    assert lines == ["UserWarning: Features [2] are constant.", "RuntimeWarning: invalid value encountered in divide"]
    assert capfd.readouterr().err == ""


def test_a_flood_of_different_warnings_is_cut_off():
    lines = []
    with warnings_in_log(lines.append):
        for number in range(100):
            warnings.warn(f"Trial {number} failed.", UserWarning, stacklevel=1)
    assert len(lines) == MAX_LINES


def test_warnings_go_where_they_went_before_once_the_node_has_ended():
    before = warnings.showwarning
    with warnings_in_log(print):
        pass
    assert warnings.showwarning is before
