"""What servers are asked to do: a module each for kinds of work that are alike."""
