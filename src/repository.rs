//! The repository we are called in and git's configuration: the only place that runs git.
