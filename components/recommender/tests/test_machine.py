"""How many BLAS threads are used."""

from threadpoolctl import threadpool_info

from machiya_recommender.machine import single_threaded_blas


def blas_threads() -> list[int]:
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


def test_blas_has_one_thread_inside_and_the_former_number_after() -> None:
    before = blas_threads()
    with single_threaded_blas():
        assert len(blas_threads()) >= 2, "NumPy's BLAS and SciPy's"
        assert set(blas_threads()) == {1}
    assert blas_threads() == before
