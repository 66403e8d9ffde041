// Linked with one module at a time: see venice_module.
int main() { return 0; }
