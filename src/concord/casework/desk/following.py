"""What the desk does after every act, in its transaction; importing this module registers it."""
