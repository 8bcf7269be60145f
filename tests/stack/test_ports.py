"""Ports for servers."""

import socket

from stack.ports import LOOPBACK, first_free_port, free_ports


def test_free_ports_are_different_and_can_be_bound_all_at_once() -> None:
    ports = free_ports(20)
    assert len(set(ports)) == 20
    sockets = [socket.create_server((LOOPBACK, port)) for port in ports]
    for bound in sockets:
        bound.close()


def test_a_taken_port_is_passed_over() -> None:
    (wanted,) = free_ports(1)
    with socket.create_server((LOOPBACK, wanted)):
        assert first_free_port(wanted) > wanted
