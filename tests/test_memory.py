"""Memory: the facts that hold once a further message is read."""

from __future__ import annotations

from assistant.amounts import read_amount
from assistant.facts import Fact, read_fact
from assistant.memory import is_known, is_one_of_several, kept_facts, latest_facts, revised_facts, with_shares_of
from assistant.policies import Policy


def fact(policy: Policy, measure: str, name: str, words: str) -> Fact:
    return read_fact(policy.measure(measure).input(name), read_amount(words))


def test_what_is_added_goes_on_top_and_what_is_deducted_comes_off(policy: Policy) -> None:
    old, new = (fact(policy, "software", "software_costs", words) for words in ("300万", "80万"))
    known, told = {old.name: old}, {new.name: new}
    assert revised_facts(told, known, frozenset(), adds=True)[old.name].low == 3_800_000
    assert revised_facts(told, known, {"deducts"}, adds=False)[old.name].low == 2_200_000
    assert revised_facts(told, known, frozenset(), adds=False)[old.name].low == 800_000


def test_an_earlier_year_told_alone_is_the_one_in_question_unless_it_grew_since(policy: Policy) -> None:
    measure = policy.measure("revenue")
    earlier = fact(policy, "revenue", "previous_revenue", "9000万")
    told = {earlier.name: earlier}
    assert latest_facts("去年9000万", told, {}, [measure]).keys() == {"revenue"}
    assert latest_facts("去年9000万，今年增长了", told, {}, [measure]) == told
    assert told.keys() == {"previous_revenue"}


def test_a_part_larger_than_the_whole_told_before_puts_that_aside(policy: Policy) -> None:
    measure = policy.measure("fixed-asset-investment")
    parts = [i for i in measure.inputs if i.part_of]
    assert parts
    for part in parts:
        whole = fact(policy, measure.id, part.part_of, "1000万")
        more, less = (fact(policy, measure.id, part.name, words) for words in ("2000万", "500万"))
        known = {whole.name: whole}
        assert kept_facts("", {more.name: more}, known, [measure], supposes=False) == {}
        assert kept_facts("", {less.name: less}, known, [measure], supposes=False) == known


def test_a_figure_told_again_is_known_as_a_whole_or_as_a_part(policy: Policy) -> None:
    one, other = (fact(policy, "software", "software_costs", words) for words in ("300万", "80万"))
    facts = {one.name: one.plus(other)}
    assert is_known(read_amount("380万"), facts)
    assert is_known(read_amount("80万"), facts)
    assert not is_known(read_amount("81万"), facts)
    assert is_one_of_several(read_amount("80万"), facts)
    assert not is_one_of_several(read_amount("380万"), facts)


def test_a_share_told_alone_is_of_the_figure_told_before() -> None:
    whole = read_amount("3500万")
    told = with_shares_of(whole, "现在完成了一半", [])
    assert [(q.low, q.text) for q in told] == [(17_500_000, "3500万的一半")]
    assert told[0].end == len("现在完成了一半")
    own = [read_amount("600万")]
    assert with_shares_of(whole, "600万，完成了一半", own) == own
