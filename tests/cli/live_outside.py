"""What stands outside of a live page's command in its tests."""

from typer.testing import CliRunner

from firsthand.cli.pages import LivePages, Pages


class Outside:
    """Loads nothing, serves nothing, and remembers what was asked."""

    def __init__(self, error=None):
        self.loaded, self.served, self.error = [], [], error
        self.files = []
        self.page = None

    def load(self, name, **files):
        self.loaded.append(name)
        self.files.append(files)
        if self.error:
            raise self.error
        return object()

    def serve(self, page, **options):
        self.page = page
        self.served.append((page.title, options["port"], options["open_browser"]))
        options["announce"]("http://127.0.0.1:9/?token=x")


def run_live(app, *arguments, error=None):
    outside = Outside(error)
    done = CliRunner().invoke(
        app, ["live", *arguments], obj=LivePages(outside.load, Pages(outside.serve))
    )
    return done, outside
