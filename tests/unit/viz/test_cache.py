from quantsim_viz.viz.cache import Cache


def test_a_value_is_made_once():
    cache, made = Cache(2), []

    def make():
        made.append(1)
        return "value"

    assert cache.get_or_make("a", make) == cache.get_or_make("a", make) == "value"
    assert made == [1]


def test_what_was_used_longest_ago_goes_first():
    cache = Cache(2)
    cache.put("a", 1)
    cache.put("b", 2)
    assert cache.get("a") == 1
    cache.put("c", 3)
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (1, None, 3)
