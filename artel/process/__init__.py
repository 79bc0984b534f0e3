"""The processes an installation is made of: server, worker, and the sandbox's supervisor over both."""
