"""Which machine a file was taken from."""

from triage.derive.machines import Machines


def test_lines_that_name_one_machine_settle_it() -> None:
    machines = Machines({"messages": {"gpu-07"}}, nodes=["gpu-08"])

    assert machines.of("messages") == "gpu-07"


def test_a_folder_called_like_a_machine_tells_of_its_files() -> None:
    machines = Machines({"gpu-07/dmesg": ()}, nodes=["gpu-07.cluster.example", "gpu-08"])

    assert machines.of("gpu-07/dmesg") == "gpu-07.cluster.example"


def test_an_archive_called_like_a_machine_tells_of_its_files() -> None:
    machines = Machines({"gpu-07.tar.gz!/var/log/dmesg": (), "all.log": {"gpu-07", "gpu-08"}})

    assert machines.of("gpu-07.tar.gz!/var/log/dmesg") == "gpu-07"


def test_files_beside_those_of_one_machine_are_of_it() -> None:
    machines = Machines({"a/dmesg": (), "a/syslog": {"n1"}, "b/dmesg": (), "b/syslog": {"n2"}})

    assert machines.of("a/dmesg") == "n1"
    assert machines.of("b/dmesg") == "n2"


def test_a_file_beside_those_of_two_machines_is_of_none() -> None:
    machines = Machines({"a/dmesg": (), "a/one.log": {"n1"}, "a/two.log": {"n2"}})

    assert machines.of("a/dmesg") is None


def test_a_file_of_two_machines_is_of_none() -> None:
    assert Machines({"all.log": {"n1", "n2"}}).of("all.log") is None


def test_a_file_at_the_top_is_of_none() -> None:
    assert Machines({"dmesg": (), "syslog": {"n1"}}).of("dmesg") is None


def test_addresses_and_container_ids_name_no_machine() -> None:
    machines = Machines({"a/x.log": {"10.0.0.7", "localhost", "0123456789ab"}, "a/dmesg": ()})

    assert machines.of("a/dmesg") is None


def test_where_one_machine_is_named_nothing_is_to_be_told_apart() -> None:
    assert Machines({"messages": {"gpu-07"}}).of("messages") is None
