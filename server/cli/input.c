#include "cli/input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

bool input_open(int *fd, uint64_t *size, const char *path, struct err *err)
{
	struct stat st;

	/* O_NONBLOCK: a pipe is refused, not waited for. */
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (*fd < 0)
		return err_sys(err, "%s", path);
	if (fstat(*fd, &st) < 0)
		err_sys(err, "%s", path);
	else if (!S_ISREG(st.st_mode))
		err_set(err, ERR_INVALID, "%s: not a regular file", path);
	else if (st.st_size == 0)
		err_set(err, ERR_INVALID, "%s: the file is empty", path);
	else {
		*size = (uint64_t)st.st_size;
		return true;
	}
	close(*fd);
	*fd = -1;
	return false;
}
