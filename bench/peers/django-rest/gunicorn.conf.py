"""As gunicorn's manual has it: two workers for each processor and one. Threads, as only those keep connections open."""

import os

wsgi_app = "app:application"
workers = 2 * len(os.sched_getaffinity(0)) + 1
worker_class = "gthread"
threads = 4
keepalive = 75
preload_app = True
graceful_timeout = 1
control_socket_disable = True


def when_ready(_server):
    print("READY", flush=True)
