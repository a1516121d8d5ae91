"""Draws: of the right distribution, at their address, whoever asks and in whatever order."""

import numpy as np
import pytest
from scipy import stats

from simulation import streams
from simulation.streams import Draws, Purpose, Streams, beta_quantile, gamma_quantile, member_keys

KEYS = member_keys([f"member {number}" for number in range(50_000)])
STREAMS = Streams(2026, 3)


def test_a_draw_depends_on_its_address_alone() -> None:
    order = np.random.default_rng(0).permutation(len(KEYS))
    ordinals = np.arange(len(KEYS)) % 17
    together = STREAMS.uniform(Purpose.GAP, KEYS, ordinals)
    shuffled = STREAMS.uniform(Purpose.GAP, KEYS[order], ordinals[order])
    one_by_one = [STREAMS.uniform(Purpose.GAP, KEYS[[place]], int(ordinals[place]))[0] for place in range(50)]
    assert np.array_equal(together[order], shuffled)
    assert together[:50].tolist() == one_by_one


def test_keys_and_draws_stay_what_they_are_in_every_release() -> None:
    # Recorded once: if these change, every seed ever reported means another run.
    assert member_keys(["M0000001", "会员一"]).tolist() == [9130188886896857856, 14621729921461895462]
    drawn = Streams(1, 2).uniform(Purpose.GAP, member_keys(["M0000001"]), 3)[0]
    assert drawn == 0.35007086669731124


def test_uniform_draws_are_uniform_and_never_touch_0_or_1() -> None:
    for ordinal in range(5):
        luck = STREAMS.uniform(Purpose.AMOUNT, KEYS, ordinal)
        assert stats.kstest(luck, "uniform").pvalue > 1e-4
        assert luck.min() > 0 and luck.max() < 1


def test_the_largest_hash_gives_a_draw_below_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_mixed", lambda state: state)
    assert streams._share(np.array([2**64 - 1], np.uint64))[0] < 1


@pytest.mark.parametrize("lag", [1, 2, 16])
def test_draws_of_neighbouring_ordinals_are_independent(lag: int) -> None:
    key = np.full(50_000, KEYS[0])
    luck = STREAMS.uniform(Purpose.GAP, key, np.arange(50_000))
    assert abs(np.corrcoef(luck[:-lag], luck[lag:])[0, 1]) < 4 / np.sqrt(50_000)
    assert stats.kstest(luck, "uniform").pvalue > 1e-4


def test_other_seeds_replications_and_purposes_are_independent() -> None:
    luck = STREAMS.uniform(Purpose.GAP, KEYS)
    others = [
        Streams(2027, 3).uniform(Purpose.GAP, KEYS),
        Streams(2026, 4).uniform(Purpose.GAP, KEYS),
        STREAMS.uniform(Purpose.AMOUNT, KEYS),
        STREAMS.uniform(Purpose.GAP, KEYS, 1),
    ]
    for other in others:
        assert abs(np.corrcoef(luck, other)[0, 1]) < 4 / np.sqrt(len(KEYS))
        assert not np.any(luck == other)


def test_inverse_distributions_have_the_distribution_they_name() -> None:
    samples = {
        stats.expon(): STREAMS.exponential(Purpose.GAP, KEYS),
        stats.gamma(0.24): STREAMS.gamma(Purpose.RATE, KEYS, 0.24),
        stats.gamma(6.2): STREAMS.gamma(Purpose.SPEND_LEVEL, KEYS, 6.2),
        stats.beta(0.8, 2.4): STREAMS.beta(Purpose.DROPOUT_RATE, KEYS, 0.8, 2.4),
        stats.norm(): STREAMS.normal(Purpose.GUEST, KEYS),
    }
    for wanted, sample in samples.items():
        assert stats.kstest(sample, wanted.cdf).pvalue > 1e-4


def test_choices_follow_their_shares() -> None:
    chosen = STREAMS.choice(Purpose.CHANNEL, KEYS, np.array([0.5, 0.3, 0.2]))
    counts = np.bincount(chosen, minlength=3)
    assert stats.chisquare(counts, len(KEYS) * np.array([0.5, 0.3, 0.2])).pvalue > 1e-4


def test_no_two_of_a_million_members_share_a_key() -> None:
    keys = member_keys(f"{number}" for number in range(1_000_000))
    assert len(np.unique(keys)) == 1_000_000


@pytest.mark.parametrize("shape", [0.2, 1.0, 3.2, 40.0])
def test_a_shape_common_to_all_is_inverted_from_a_table_that_rises_and_is_hardly_off(shape: float) -> None:
    ends = np.array([1e-12, 1e-4, 2.0**-9, 2.0**-9 + 1e-12, 1 - 2.0**-9, 1 - 1e-12])
    luck = np.sort(np.concatenate([STREAMS.uniform(Purpose.AMOUNT, KEYS), ends, 1 - ends]))
    found, exact = gamma_quantile(shape, luck), stats.gamma.ppf(luck, shape)
    assert np.all(np.abs(found - exact) <= 1e-7 * (exact + shape))
    assert np.all(np.diff(found) >= 0)


def test_draws_taken_together_are_those_taken_one_by_one() -> None:
    who, ordinal = np.arange(0, len(KEYS), 7), np.arange(0, len(KEYS), 7) % 11
    together = Draws(STREAMS, KEYS, {Purpose.AMOUNT: 0, Purpose.GAP: 1}).uniform(who, ordinal)
    assert np.array_equal(together[0], STREAMS.uniform(Purpose.AMOUNT, KEYS[who], ordinal))
    assert np.array_equal(together[1], STREAMS.uniform(Purpose.GAP, KEYS[who], ordinal + 1))


def test_usual_shapes_are_hardly_off_and_all_others_exact() -> None:
    luck = STREAMS.uniform(Purpose.RATE, KEYS)
    shape = np.where(np.arange(len(KEYS)) % 3 == 0, 0.8, 2.8)
    exact = stats.gamma.ppf(luck, shape)
    found = gamma_quantile(shape, luck, usual=0.8)
    assert np.all(np.abs(found - exact) <= 1e-7 * (exact + shape))
    assert np.array_equal(found[shape == 0.8], gamma_quantile(0.8, luck[shape == 0.8]))
    a, b = np.where(shape == 0.8, 0.55, 1.55), np.full(len(KEYS), 8.0)
    shares = beta_quantile(a, b, luck, usual=(0.55, 8.0))
    assert np.all(np.abs(shares - stats.beta.ppf(luck, a, b)) <= 1e-7)
    assert np.all(np.diff(shares[shape == 0.8][np.argsort(luck[shape == 0.8])]) >= 0)
