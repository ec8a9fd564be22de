# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""A report says of a side only what every round says."""

import stats


def test_a_spread_has_the_median_and_both_ends():
    assert stats.spread([5, 1, 9, 2]) == stats.Spread(3.5, 1, 9, 4)
    assert stats.spread([]) is None


def test_ratios_are_formed_within_rounds():
    assert stats.ratios({1: 10, 2: 30, 3: 5}, {1: 5, 2: 10, 4: 1}) == {1: 2, 2: 3}
    assert stats.ratios({1: 10}, {1: 0}) == {}


def judge(*values, more=True):
    return stats.verdict(stats.spread(values), more)


def test_a_side_is_ahead_only_if_it_is_in_every_round():
    assert judge(1.5, 1.03) == "better"
    assert judge(0.5, 0.97) == "worse"
    assert judge(2.5, 0.99) == "level"
    assert judge(1.0, 2.0) == "level"


def test_less_time_is_better():
    assert judge(1.5, 1.03, more=False) == "worse"
    assert judge(0.5, 0.97, more=False) == "better"
    assert judge(0.5, 1.5, more=False) == "level"


def test_a_hair_is_no_lead():
    assert judge(1.001, 1.01) == "level"
    assert judge(0.999, 0.99) == "level"


def test_one_round_decides_nothing():
    assert judge(10) == "once"
    assert judge(0.1) == "once"


def test_curves_are_joined_at_each_share():
    curves = [[[0.5, 10], [0.9, 20]], [[0.5, 30], [0.9, 90]], [[0.5, 11], [0.9, 40]]]
    assert stats.middle_curve(curves) == [[0.5, 11], [0.9, 40]]


def test_series_are_joined_in_intervals():
    series = [[[0.01, 1], [0.11, 5]], [[0.02, 3], [0.19, 7]], [[0.05, 2]]]
    joined = stats.middle_series(series, 0.1)
    assert [value for _, value in joined] == [2, 6]
    assert [round(t, 3) for t, _ in joined] == [0.05, 0.15]


def test_the_time_to_most_of_the_final_value():
    series = [[0.1, 0], [0.2, 0.5], [0.3, 0.85], [0.4, 0.95]] + [[0.5 + i / 10, 1.0] for i in range(16)]
    assert stats.time_to_share(series) == (0.4, 1.0)
    assert stats.time_to_share([]) == (None, None)
