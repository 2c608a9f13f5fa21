"""The images of a workflow: each must be on this machine, or be fetched, before anything starts."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from machiya.containers import ContainerEngine, ImageInfo
from machiya.engines.local.argo.model import Specification, Template
from machiya.errors import EngineError, NotFoundError
from machiya_component.findings import Finding

COMPONENT = "machiya/component"
_SIDE_BY_SIDE = 4


@dataclass(frozen=True)
class ImageUse:
    """An image as a template names it; ``component`` is the component that it is of, if it is of one."""

    image: str
    component: str = ""
    template: str = ""
    line: int = 0

    @property
    def unreleased(self) -> bool:
        """Whether it is a component's image that was built here and is in no registry.

        Its name has no registry: at the engine's default one it could be anybody's.
        """
        registry, slash, _ = self.image.partition("/")
        named = slash and ("." in registry or ":" in registry or registry == "localhost")
        return bool(self.component) and "@" not in self.image and not named


class Images:
    """Looks for images and fetches them. `image_for` names the image that is to run in an image's place."""

    def __init__(
        self, engine: ContainerEngine, image_for: Callable[[str], str], on_pull: Callable[[str], None]
    ) -> None:
        self._engine = engine
        self._image_for = image_for
        self._on_pull = on_pull

    def findings(self, specification: Specification) -> list[Finding]:
        """One finding for each image that is neither here nor to be had; what can be fetched has been."""
        uses = _uses(specification.templates)
        with ThreadPoolExecutor(_SIDE_BY_SIDE, thread_name_prefix="pull") as pool:
            problems = list(pool.map(self._problem, uses))
        return [
            Finding("engine.image", error.message, error.remedy, f"templates.{use.template}", "", use.line)
            for use, error in zip(uses, problems, strict=True)
            if error is not None
        ]

    def _problem(self, use: ImageUse) -> NotFoundError | None:
        try:
            self.require(use)
        except NotFoundError as error:
            return error
        return None

    def require(self, use: ImageUse) -> ImageInfo:
        """The image that is to run, fetched if need be.

        Raises:
            NotFoundError: it is not here, and not to be had.
        """
        name = self._image_for(use.image)
        try:
            return self._engine.inspect(name)
        except NotFoundError as error:
            if name == use.image and use.unreleased:
                raise _not_built(use) from error
            if name.startswith("sha256:"):
                raise  # an id: no registry knows it
        self._on_pull(name)
        try:
            self._engine.pull(name)
        except NotFoundError as error:
            remedy = f"{error.remedy} Or pin a version whose image is there." if use.component else error.remedy
            raise NotFoundError(error.message, remedy) from error
        try:
            return self._engine.inspect(name)
        except NotFoundError as error:
            raise EngineError(f"{name} was fetched, and is not on this machine.", "Try again.") from error


def _not_built(use: ImageUse) -> NotFoundError:
    message = f"the image {use.image} is not on this machine, and its version is not released."
    build = f"Build it: machiya build components/{use.component}"
    return NotFoundError(message, f"{build} - or run what is installed: --launcher process")


def _uses(templates: Mapping[str, Template]) -> Sequence[ImageUse]:
    """Each image once, with the first template that names it; names that are not known before the run are left out."""
    uses: dict[str, ImageUse] = {}
    for template in templates.values():
        image = template.container.image if template.container is not None else ""
        if image and "{{" not in image and image not in uses:
            uses[image] = ImageUse(image, template.labels.get(COMPONENT, ""), template.name, template.line)
    return list(uses.values())
