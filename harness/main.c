/* main.c - the program's entry; everything happens in harness/cli. */
int main(void){return 0;}
