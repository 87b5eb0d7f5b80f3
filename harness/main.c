/* main.c - the program's entry; everything happens in harness/cli. */
#include "harness/cli/cli.h"

int main(int argc, char **argv)
{
    return cli_main(argc, argv);
}
