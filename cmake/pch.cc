// Carrier of the precompiled headers; it has no code of its own.
