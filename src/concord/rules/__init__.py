"""The ground floor: pure rules, standard library only; no clock reading, no input or output."""
