"""pyarrow as `Any`: its stubs leave too much half open for a strict checker."""

from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

arrow: Any = pa
compute: Any = pc
parquet: Any = pq

Column: TypeAlias = Any
"""One column of some rows."""
Records: TypeAlias = Any
"""Some rows."""
Schema: TypeAlias = Any

READ_ERRORS = (pa.ArrowException, OSError, UnicodeDecodeError)
"""What reading a damaged file raises."""
