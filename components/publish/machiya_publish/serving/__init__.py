"""The reader of serving copies: ``ServingCopy(folder).recommend(user_id, 10)``.

It needs Python and NumPy, so a web service can use it without the rest of the component.
"""

from machiya_publish.serving.copy import Numbered, Recommendations, ServingCopy
from machiya_publish.serving.layout import CopyError

__all__ = ["CopyError", "Numbered", "Recommendations", "ServingCopy"]
