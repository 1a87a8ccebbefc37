"""Sphinx configuration; the pages of methods are written from the registry at each build."""

import sys
from pathlib import Path

import equindex

sys.path.insert(0, str(Path(__file__).with_name("_ext")))

project = "equindex"
author = "equindex maintainers"
release = version = equindex.__version__

extensions = ["mathml", "method_pages", "myst_parser", "sphinx.ext.autodoc", "numpydoc"]
html_math_renderer = "mathml"
exclude_patterns = ["_build"]
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["formulas.css"]
html_title = f"equindex {release}"
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
