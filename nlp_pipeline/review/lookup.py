"""What the finder asks while a clerk types: departments by pinyin, short or former name."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from nlp_pipeline.review.bench import bench_of
from nlp_pipeline.review.guard import READS, needs
from nlp_pipeline.review.render import show
from nlp_pipeline.store import Clerk

router = APIRouter()

_MAX_TYPED = 30

Reader = Annotated[Clerk, Depends(needs(*READS))]


@router.get("/departments")
def find_departments(request: Request, clerk: Reader, typed: str = "") -> Response:
    """Give the departments that fit what was typed, as entries of the finder's list."""
    wanted = typed.strip()[:_MAX_TYPED]
    found = bench_of(request).finder.find(wanted)
    return show(request, "found.html", {"found": found, "is_empty": not wanted}, clerk)
